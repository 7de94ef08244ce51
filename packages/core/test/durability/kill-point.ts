/** When a process is killed: after so many calls that it saw the end of, and so much later. */
export interface KillPoint {
  readonly seen: number;
  readonly delayMs: number;
}

/** So many points, the same ones for the same seed. */
export function killPoints(count: number, seed: number): readonly KillPoint[] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () => ({ seen: 1 + Math.floor(random() * 60), delayMs: random() * 25 }));
}

/** Numbers from 0 to below 1 (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
