/** A number as people read it: three digits that count, and thousands apart. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const rounded = Number(value.toPrecision(3));
  if (Math.abs(rounded) >= 1000) return Math.round(rounded).toLocaleString('en-US');
  if (Math.abs(rounded) < 0.005) return '0';
  return String(Math.abs(rounded) < 1 ? Number(rounded.toFixed(2)) : rounded);
}
