/**
 * A 64-bit integer of a document as `bigint`, however the app's driver hands it out: number, bigint, `Long` of any
 * version, or `Decimal128`. Absent and unusable values are 0.
 */
export function wholeNumber(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.round(value)) : 0n;
  if (typeof value === 'object' && value !== null) {
    if (isLong(value)) return longValue(value);
    // Int32, Double and Decimal128 print themselves as decimal text.
    // oxlint-disable-next-line typescript/no-base-to-string -- see above; anything else gives no number
    const text = String(value);
    if (/^-?\d+$/.test(text)) return BigInt(text);
    const float = Number(text);
    if (Number.isFinite(float)) return BigInt(Math.round(float));
  }
  return 0n;
}

/** A `Long` of whichever driver the app brought, which keeps its halves as two 32-bit integers. */
interface LongLike {
  readonly high: number;
  readonly low: number;
}

function isLong(value: object): value is LongLike {
  const { _bsontype: type, high, low, unsigned } = value as Record<string, unknown>;
  return type === 'Long' && typeof high === 'number' && typeof low === 'number' && unsigned !== true;
}

/** Charts read ten thousands of them: what fits a float is not taken apart any further. */
function longValue({ high, low }: LongLike): bigint {
  const isSmall = high >= -0x10_00_00 && high < 0x10_00_00;
  return isSmall ? BigInt(high * 2 ** 32 + (low >>> 0)) : (BigInt(high) << 32n) | BigInt(low >>> 0);
}
