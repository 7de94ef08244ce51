const short: Readonly<Record<string, string>> = {
  reported: 'r',
  drained: 'd',
  recovered: 'v',
  estimated: 'e',
  missing: 'm',
  none: 'n',
};
const long = new Map(Object.entries(short).map(([origin, key]) => [key, origin]));

/** An origin as a field name; one this version does not know is written in hexadecimal, because it may hold dots. */
export function originKey(origin: string): string {
  if (Object.hasOwn(short, origin)) return short[origin] ?? origin;
  return `x${[...new TextEncoder().encode(origin)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** The opposite of {@link originKey}. */
export function keyOrigin(key: string): string {
  const known = long.get(key);
  if (known !== undefined) return known;
  const bytes = (key.slice(1).match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  return new TextDecoder().decode(new Uint8Array(bytes));
}
