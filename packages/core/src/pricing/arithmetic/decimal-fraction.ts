/** A non-negative decimal number as `digits / scale`, exactly. */
export interface DecimalFraction {
  readonly digits: bigint;
  /** A power of ten. */
  readonly scale: bigint;
}

const decimal = /^(\d{1,30})(?:\.(\d{1,30}))?(?:[eE]([+-]?\d{1,2}))?$/;

/**
 * Reads a decimal by its text, because arithmetic on the float drifts: `0.0083 * 1e12` is 8299999999.999999. A number
 * is read by the shortest text that means it, which is what the provider wrote. `undefined` for anything else.
 */
export function decimalFraction(value: unknown): DecimalFraction | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const match = decimal.exec(String(value));
  if (match === null) return undefined;
  const [, whole = '', part = '', exponent = '0'] = match;
  const power = Number(exponent) - part.length;
  const digits = BigInt(whole + part);
  return power >= 0 ? { digits: digits * 10n ** BigInt(power), scale: 1n } : { digits, scale: 10n ** BigInt(-power) };
}
