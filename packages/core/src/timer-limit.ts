/** The longest a timer can wait, some 25 days; one that shall wait longer fires at once, and Node prints a warning. */
export const longestTimerMs = 2 ** 31 - 1;

/** The time-out of an app's options: the usual one where it names none, or what is no number, such as "5s". */
export function timeoutOf(wait: { readonly timeoutMs?: number } | null | undefined, usualMs: number): number {
  const asked = wait?.timeoutMs ?? usualMs;
  return waitMs(asked > 0 || asked <= 0 ? asked : usualMs);
}

/** How long to wait where an app says so: as long as a timer can where that is longer, not at all where it is no time. */
export function waitMs(asked: number): number {
  return asked > 0 ? Math.min(asked, longestTimerMs) : 0;
}
