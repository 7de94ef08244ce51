/**
 * A 64-bit integer of a document as `bigint`, however the app's driver hands it out: number, bigint, `Long` of any
 * version, or `Decimal128`. Absent and unusable values are 0.
 */
export function wholeNumber(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.round(value)) : 0n;
  if (typeof value === 'object' && value !== null) {
    // Long, Int32, Double and Decimal128 print themselves as decimal text.
    // oxlint-disable-next-line typescript/no-base-to-string -- see above; anything else gives no number
    const text = String(value);
    if (/^-?\d+$/.test(text)) return BigInt(text);
    const float = Number(text);
    if (Number.isFinite(float)) return BigInt(Math.round(float));
  }
  return 0n;
}
