const picoDigits = 12;

/** Pico-USD as a decimal number of dollars, exact: as many places as it has, and `places` at least. */
export function usdText(picoUsd: bigint, places = 0): string {
  const digits = String(picoUsd < 0n ? -picoUsd : picoUsd).padStart(picoDigits + 1, '0');
  const fraction = digits.slice(-picoDigits).replace(/0+$/, '').padEnd(places, '0');
  const whole = (picoUsd < 0n ? '-' : '') + digits.slice(0, -picoDigits);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** How many places after the point an amount needs. */
export function usdPlaces(picoUsd: bigint): number {
  return (usdText(picoUsd).split('.')[1] ?? '').length;
}
