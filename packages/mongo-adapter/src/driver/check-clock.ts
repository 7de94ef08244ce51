import type { Db } from 'mongodb';

/** What counts as gone, and as new, goes by the clocks of processes; they may differ by this much. */
const maxSkewMs = 10 * 60_000;

/**
 * Checks the clock of this process, before it decides for others: whoever is a day ahead takes the living for dead, and
 * roll-ups of tomorrow for up to date.
 *
 * @throws Error saying how wrong it is.
 */
export async function checkClock(db: Db, clock: () => Date): Promise<void> {
  const { localTime } = await db.admin().command({ hello: 1 });
  // Absent where a server only speaks like MongoDB.
  if (!(localTime instanceof Date)) return;
  const aheadMs = clock().getTime() - localTime.getTime();
  if (Math.abs(aheadMs) <= maxSkewMs) return;
  const minutes = Math.round(Math.abs(aheadMs) / 60_000);
  throw new Error(
    `the clock of this process is ${minutes} minutes ${aheadMs > 0 ? 'ahead of' : 'behind'} the database's; ` +
      'nothing was done, correct the clock',
  );
}
