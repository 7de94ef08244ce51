/** Attributes that the app put on the widget for its element, told from the widget's own properties by name. */
export function domAttributes(props: object): Record<string, unknown> {
  const isAttribute =
    /^(aria-|data-|on(?!Unauthorized$|Error$|Retry$|OpenChange$)|(id|style|title|lang|dir|hidden|inert|role|slot|part|tabIndex|accessKey|draggable|translate)$|item)/;
  return Object.fromEntries(Object.entries(props).filter(([name]) => isAttribute.test(name)));
}
