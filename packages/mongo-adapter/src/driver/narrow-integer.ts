/** Guard entries are small numbers in most processes, and half the size as 32-bit ones. */
export function narrowInteger(value: bigint): bigint | number {
  return value < 2n ** 31n ? Number(value) : value;
}
