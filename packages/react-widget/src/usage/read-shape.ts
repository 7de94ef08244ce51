/** Reads a value from outside; `undefined` where it is not what is wanted. */
export type Read<Value> = (value: unknown, onFault: OnFault) => Value | undefined;

/** Told the name of a field that is malformed. */
export type OnFault = (field: string) => void;

/**
 * Reads an object field by field. Unknown fields are ignored, malformed ones left out and told.
 *
 * @param needed - Without one of these fields there is no object.
 */
export function readShape<Shape extends object>(
  fields: { readonly [Key in keyof Shape]-?: Read<NonNullable<Shape[Key]>> },
  ...needed: readonly (keyof Shape)[]
): Read<Shape> {
  return (value, onFault) => {
    if (typeof value !== 'object' || value === null) return undefined;
    const shape: { [key: string]: unknown } = {};
    for (const key in fields) {
      const given = (value as { readonly [key: string]: unknown })[key];
      const read = given == null ? undefined : fields[key](given, onFault);
      if (read !== undefined) shape[key] = read;
      else if (given != null) onFault(key);
    }
    return needed.every((key) => key in shape) ? (shape as Shape) : undefined;
  };
}

/** Reads the entries of a list that can be read. */
export function readList<Entry>(read: Read<Entry>): Read<readonly Entry[]> {
  return (value, onFault) =>
    Array.isArray(value)
      ? value.map((entry) => read(entry, onFault)).filter((entry): entry is Entry & {} => entry !== undefined)
      : undefined;
}

/** A count or amount of 0 or more; servers send what outgrows a double as a decimal string. */
export const readNumber: Read<number> = (value) => {
  const text = readDecimal(value, ignore);
  return text === undefined ? undefined : Number(text);
};

/** A plain decimal of 0 or more, digits kept as sent. */
export const readDecimal: Read<string> = (value) => {
  // Not of objects: one may have a `toString` that cannot be called.
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  return /^\d{1,30}(\.\d{1,30})?$/.test(text) ? text : undefined;
};

/** A text of a form. */
export function readText<Text extends string>(form: RegExp): Read<Text> {
  return (value) => (typeof value === 'string' && form.test(value) ? (value as Text) : undefined);
}

function ignore(): void {}
