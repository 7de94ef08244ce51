/**
 * One count as providers send it: numbers, numbers in strings, floats (rounded), negatives (0). Anything else, and what a
 * double cannot count exactly, is unknown.
 */
export function readCount(value: unknown): number | undefined {
  const number = readNumber(value);
  if (number === undefined) return undefined;
  const count = Math.max(0, Math.round(number));
  return Number.isSafeInteger(count) ? count : undefined;
}

/** A duration in seconds, which may have a fraction. */
export function readSeconds(value: unknown): number | undefined {
  const number = readNumber(value);
  return number === undefined || number < 0 ? undefined : number;
}

/**
 * The largest among several spellings of one count: gateways fill in the ones that their own type has, and leave them at
 * 0 where the model's provider used another.
 */
export function largestCount(...values: readonly unknown[]): number | undefined {
  let largest: number | undefined;
  for (const value of values) {
    const count = value === undefined ? undefined : readCount(value);
    if (count !== undefined && (largest === undefined || count > largest)) largest = count;
  }
  return largest;
}

function readNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || !/^\s*-?\d+(\.\d+)?\s*$/.test(value)) return undefined;
  return Number(value);
}
