/** Every place where a body can be cut in two. */
export function everyPosition(body: string): readonly number[] {
  return Array.from({ length: Buffer.byteLength(body) - 1 }, (_, index) => index + 1);
}

/**
 * The places where a cut is most likely to matter: around the ends of events, and within the `usage` member. Of a long
 * body those near its end.
 */
export function telltalePositions(body: string): readonly number[] {
  const found = new Set<number>();
  const add = (pattern: RegExp, shifts: readonly number[]): void => {
    for (const { index } of body.matchAll(pattern)) {
      for (const shift of shifts) found.add(Buffer.byteLength(body.slice(0, index)) + shift);
    }
  };
  add(/(?:\r\n|\r|\n){2}/g, [0, 1, 2, 3, 4, 5, 8]);
  add(/"usage"\s*:\s*(?:null|\{)/g, [0, 1, 4, 7, 8, 10, 12]);
  const size = Buffer.byteLength(body);
  return [...found]
    .filter((at) => at > 0 && at < size)
    .toSorted((a, b) => a - b)
    .slice(-48);
}
