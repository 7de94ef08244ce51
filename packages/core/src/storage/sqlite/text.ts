// SQLite text is UTF-8 and some readers stop at NUL, so NUL and lone surrogates are written as U+0001 and four hex digits.
// eslint-disable-next-line no-control-regex -- control characters are the point here
const special = /[\u0000\u0001\p{Surrogate}]/gu;
// Quicker than a replacement that finds nothing; pairs of surrogates are sorted out by the replacement.
// eslint-disable-next-line no-control-regex -- see above
const maybeSpecial = /[\u0000\u0001\ud800-\udfff]/;
// eslint-disable-next-line no-control-regex -- see above
const specialInTags = /[\u0000\u0001&=\p{Surrogate}]/gu;
// eslint-disable-next-line no-control-regex -- see above
const maybeSpecialInTags = /[\u0000\u0001&=\ud800-\udfff]/;
// eslint-disable-next-line no-control-regex -- see above
const escaped = /\u0001([0-9a-f]{4})/g;

/** Text as a column holds it: any string of JavaScript survives, and ordinary text stays as it is. */
export function encodeText(text: string): string {
  return maybeSpecial.test(text) ? text.replace(special, escapeCharacter) : text;
}

/** The opposite of {@link encodeText}. */
export function decodeText(stored: string): string {
  return stored.replace(escaped, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Tags as one searchable column: `&key=value&key2=value2&`, and `&` for tags without a member. */
export function encodeTags(tags: Readonly<Record<string, string>>): string {
  let encoded = '&';
  for (const key of Object.keys(tags)) encoded += `${encodeTag(key, tags[key] ?? '')}&`;
  return encoded;
}

/** The opposite of {@link encodeTags}. */
export function decodeTags(stored: string): Record<string, string> {
  const pairs = stored.split('&').filter((pair) => pair !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const border = pair.indexOf('=');
      return [decodeText(pair.slice(0, border)), decodeText(pair.slice(border + 1))] as const;
    }),
  );
}

/** The part of a tags column that is there exactly where the tag has this value. */
export function tagNeedle(key: string, value: string): string {
  return `&${encodeTag(key, value)}&`;
}

function encodeTag(key: string, value: string): string {
  return `${encodeInTag(key)}=${encodeInTag(value)}`;
}

function encodeInTag(text: string): string {
  return maybeSpecialInTags.test(text) ? text.replace(specialInTags, escapeCharacter) : text;
}

function escapeCharacter(character: string): string {
  return `\u0001${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
