/** How many records, in words. */
export function recordCount(count: number): string {
  return count === 1 ? '1 record' : `${count} records`;
}
