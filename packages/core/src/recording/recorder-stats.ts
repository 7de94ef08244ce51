/** Counters of one meter since it was created, for health checks and metrics. */
export interface RecorderStats {
  /** Records created. */
  readonly captured: number;
  /** Records that the store has. */
  readonly stored: number;
  /** Records waiting to be stored. */
  readonly queued: number;
  /** Age of the oldest record waiting to be stored, in milliseconds; 0 if there is none. */
  readonly oldestUnstoredMs: number;
  /** Batches that were sent again. */
  readonly retried: number;
  /** Records written to the journal. */
  readonly journaled: number;
  /** Records the store refused for good. */
  readonly rejected: number;
  /** Records lost because memory was full or the meter was closed. `onError` was called for each. */
  readonly dropped: number;
}
