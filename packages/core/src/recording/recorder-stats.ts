/** Counters of one meter since it was made, for health checks and metrics. */
export interface RecorderStats {
  /** Records made. */
  readonly captured: number;
  /** Records that the store has. */
  readonly stored: number;
  /** Records on their way to the store. */
  readonly queued: number;
  /** Age of the oldest record on its way, in milliseconds; 0 where there is none. */
  readonly oldestUnstoredMs: number;
  /** Batches that were sent again. */
  readonly retried: number;
  /** Records written to the journal. */
  readonly journaled: number;
  /** Records the store refused for good. */
  readonly rejected: number;
  /** Records lost since memory was full or the meter closed. Each was told to `onError`. */
  readonly dropped: number;
}
