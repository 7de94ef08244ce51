// BSON text is UTF-8, which cannot carry a lone surrogate: it and the escape sign are written as U+0001 and four hex digits.
// eslint-disable-next-line no-control-regex -- control characters are the point here
const special = /[\u0001\p{Surrogate}]/gu;
// eslint-disable-next-line no-control-regex -- see above
const escaped = /\u0001([0-9a-f]{4})/g;

/** Text as our documents hold it: any string of JavaScript survives, and ordinary text stays as it is. */
export function encodeText(text: string): string {
  return text.replace(special, (character) => `\u0001${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The opposite of {@link encodeText}. */
export function decodeText(stored: string): string {
  return stored.replace(escaped, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
