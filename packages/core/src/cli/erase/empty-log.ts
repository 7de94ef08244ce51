import type { Prepare } from '../../storage/sqlite/connection.ts';

const pauseMs = 50;

/**
 * Empties the write-ahead log, which still has pages as they were before. While another process moves the log itself, SQLite
 * says no at once, so it is asked again.
 *
 * @returns False where another process reads the log all the time.
 */
export async function emptyLog(prepare: Prepare, patienceMs = 10_000): Promise<boolean> {
  const end = performance.now() + patienceMs;
  for (;;) {
    if (prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] === 0) return true;
    if (performance.now() >= end) return false;
    // oxlint-disable-next-line no-await-in-loop -- the pause is the point
    await new Promise((resolve) => {
      setTimeout(resolve, pauseMs);
    });
  }
}
