/** Time as the protocol needs it; the simulator has its own. */
export interface Pace {
  /** The clock. */
  now(): Date;
  /** Waits before attempt number `attempt` (from 0) is repeated. */
  backOff(attempt: number): Promise<void>;
}

/** Waits 20 ms to 2 s, doubling, with jitter, so that writers that failed together do not come back together. */
export function realPace(): Pace {
  return {
    now: () => new Date(),
    backOff: (attempt) =>
      new Promise((resolve) => {
        setTimeout(resolve, Math.min(20 * 2 ** attempt, 2000) * (0.5 + Math.random() / 2));
      }),
  };
}
