import { MeterError } from '@kilotoken/core';
import type { UsageStore, UsageTotals } from '@kilotoken/core';
import { checkRecordsQuery, checkSeriesQuery, checkUsageQuery, checkUserId } from '@kilotoken/core/store-kit';
import { checkClock } from './driver/check-clock.ts';
import { checkCollectionKinds } from './driver/check-collection-kinds.ts';
import { openCollections } from './driver/collections.ts';
import { ensureIndexes } from './driver/ensure-indexes.ts';
import { mongoDatabase } from './driver/mongo-database.ts';
import { appendRecords, withinTime } from './fold/append-records.ts';
import type { PendingRecord } from './fold/append-records.ts';
import { realPace } from './fold/pace.ts';
import { createRecordWriter } from './fold/record-writer.ts';
import type { RecordWriter } from './fold/record-writer.ts';
import { createRecovery } from './fold/recover-writers.ts';
import { newWriterId } from './fold/writer-id.ts';
import { encodeText } from './ledger/text.ts';
import { backfill } from './maintenance/backfill.ts';
import { startBackground } from './maintenance/background.ts';
import { eraseUser } from './maintenance/erase-user.ts';
import { rebuildUser } from './maintenance/rebuild-user.ts';
import { reconcileUser } from './maintenance/reconcile-user.ts';
import { repairTypes } from './maintenance/repair-types.ts';
import { verifyUser, verifyUsers } from './maintenance/verify-users.ts';
import type { MongoStore } from './mongo-store-type.ts';
import { rollUp } from './rollups/roll-up.ts';
import type { RollUpOptions } from './rollups/roll-up.ts';
import type { MongoStoreOptions } from './options.ts';
import { arrivalPlace } from './reading/records-cursor.ts';
import { readRecords } from './reading/read-records.ts';
import { readSeries } from './reading/read-series.ts';
import { readTotals } from './reading/read-totals.ts';
import { readKeptRev, readKeptTotals } from './reading/read-kept-totals.ts';
import { resolveOptions } from './resolve-options.ts';
import { attempt, failed, storeFailed } from './store-failed.ts';

const hourMs = 3_600_000;
const clock = (): Date => new Date();

/**
 * Creates a durable, shared store in the app's own MongoDB: standalone, replica set or sharded cluster.
 *
 * Each record is one row of a ledger. Its tokens are added to the user's document by one atomic `$inc`, and the fields of its message
 * are set to the ledger's sum. If this process, the network or the database fails in between, this or any other process with an open
 * store completes the work: nothing is lost, and nothing is counted twice. `append` resolves when a majority has all of it in its
 * journal.
 *
 * @throws `MeterError` `invalid_options` if an option is wrong; the message names it.
 * @example
 * ```ts
 * const client = new MongoClient(process.env.MONGODB_URI);
 * const store = mongoStore({
 *   client,
 *   db: 'app',
 *   users: { collection: 'users', id: (userId) => new ObjectId(userId) },
 *   messages: { collection: 'messages', id: (messageId) => new ObjectId(messageId) },
 * });
 * const meter = createMeter({ store });
 * ```
 */
export function mongoStore(options: MongoStoreOptions): MongoStore {
  const settings = resolveOptions(options);
  const { users, messages, timeoutMs } = settings;
  const collections = openCollections(settings.db, {
    ...settings.collections,
    users: users.collection,
    messages: messages.collection,
  });
  const place = { db: settings.db, collections, users, messages };
  const database = mongoDatabase({ ...place, commandTimeoutMs: settings.commandTimeoutMs });
  const writer = createRecordWriter({
    database,
    pace: realPace(),
    newWriterId,
    leaseMs: 30_000,
    maxBatchRows: 500,
    maxBatchText: 8_000_000,
    hasUsers: users.isUsed,
    hasMessages: messages.isUsed,
    orphanAfterMs: settings.orphanAfterMs,
    onError: settings.onError,
    onOrphan: settings.onOrphan,
  });
  const pending = new Map<string, PendingRecord>();
  const persistence = { pace: realPace(), isStopped: () => closing !== undefined, onRetry: () => {} };
  const recovery = createRecovery({
    database,
    persistence,
    hasUsers: users.isUsed,
    hasMessages: messages.isUsed,
    ownWriter: () => writer.writerId(),
    graceMs: { closed: hourMs, died: 24 * hourMs },
    onError: settings.onError,
  });
  let closing: Promise<void> | undefined;

  const checkOpen = (): void => {
    if (closing !== undefined) throw new MeterError('closed', 'mongoStore: used after close()');
  };
  const userRev = (userId: string): Promise<number | undefined> =>
    users.isUsed ? readKeptRev(userId, collections, users) : Promise.resolve(undefined);
  const totals = (query: Parameters<UsageStore['totals']>[0]): Promise<UsageTotals> =>
    attempt('read totals', () => readTotals(query, collections, userRev));

  const retire: MongoStore['retire'] = async () => {
    await checkClock(settings.db, clock);
    return recovery.retire();
  };
  const rollUpNow = async (choice: RollUpOptions): Promise<number | undefined> => {
    await checkClock(settings.db, clock);
    return rollUp(collections, clock, choice);
  };

  const background = startBackground(
    [
      // Without a sign of life others take this process for dead, and retire it after a day.
      { everyMs: 10_000, run: () => writer.beat() },
      { everyMs: 1000, run: () => writer.retryWaiting() },
      ...(settings.recovery ? [{ everyMs: 15_000, run: async () => void (await recovery.recover()) }] : []),
      ...(settings.maintenance
        ? [
            { everyMs: hourMs / 4, run: async () => void (await retire()) },
            {
              everyMs: 60_000,
              // Less than the time between two runs, so that whoever works does so each time.
              run: async () => void (await rollUpNow({ isStopped: persistence.isStopped, restMs: 50_000 })),
            },
          ]
        : []),
    ],
    (error) => settings.onError(storeFailed('background work failed and will be tried again', error)),
  );

  return {
    capabilities: { durable: true, shared: true },
    async append(records) {
      checkOpen();
      return appendRecords(records, { writer, pending, timeoutMs, onConflict: settings.onConflict });
    },
    async totals(query) {
      checkOpen();
      checkUsageQuery(query);
      return totals(query);
    },
    async userTotals(userId) {
      checkOpen();
      checkUserId(userId);
      const kept = users.isUsed
        ? await attempt('read a user', () => readKeptTotals(userId, collections, users))
        : undefined;
      return kept ?? totals({ userId });
    },
    async series(query) {
      checkOpen();
      checkSeriesQuery(query);
      return attempt('read a series', () => readSeries(query, collections));
    },
    async *records(query) {
      checkOpen();
      const { after, ...rest } = query;
      checkRecordsQuery(rest);
      if (after !== undefined) arrivalPlace(after);
      try {
        for await (const record of readRecords(query, collections)) {
          yield record;
          checkOpen();
        }
      } catch (error) {
        throw failed('read records', error);
      }
    },
    async ensureIndexes() {
      checkOpen();
      return attempt('create the indexes', async () => {
        await checkCollectionKinds(place);
        await ensureIndexes(collections);
      });
    },
    async recover() {
      checkOpen();
      return attempt('count what dead writers left', () => recovery.recover());
    },
    async retire() {
      checkOpen();
      return attempt('retire writers', retire);
    },
    async rollUp(choice = {}) {
      checkOpen();
      const slots = await attempt('work out roll-ups', () => rollUpNow({ full: choice.full === true }));
      return slots === undefined ? undefined : { slots };
    },
    async *verify(userId) {
      checkOpen();
      if (userId !== undefined) checkUserId(userId);
      const user = userId === undefined ? undefined : encodeText(userId);
      try {
        if (user !== undefined) yield await verifyUser(user, collections, users);
        else yield* verifyUsers(collections, users);
      } catch (error) {
        throw failed('verify users', error);
      }
    },
    async rebuild(userId) {
      checkOpen();
      checkUserId(userId);
      return attempt(`rebuild user "${userId}"`, () => rebuildUser(encodeText(userId), collections, users));
    },
    async reconcile(userId) {
      checkOpen();
      checkUserId(userId);
      const onRefused = (error: Error): void => settings.onError(storeFailed(`cannot count user "${userId}"`, error));
      return attempt(`reconcile user "${userId}"`, () =>
        reconcileUser(encodeText(userId), { database, persistence, collections, users, onRefused }),
      );
    },
    async erase(userId, { dryRun = false, onWait = () => {} } = {}) {
      checkOpen();
      checkUserId(userId);
      return attempt(`erase user "${userId}"`, () =>
        eraseUser(encodeText(userId), { ...place, pace: realPace(), isDryRun: dryRun, onWait }),
      );
    },
    async repairTypes(choice) {
      checkOpen();
      return attempt('repair totals', () =>
        repairTypes(collections, users.layout, { ...choice, onError: settings.onError }),
      );
    },
    async backfill(choice) {
      checkOpen();
      return attempt('backfill', () =>
        backfill(collections, users, messages, { ...choice, onError: settings.onError }),
      );
    },
    close() {
      closing ??= Promise.all([closeWriter(writer, timeoutMs), background.stop()]).then(() => {});
      return closing;
    },
  };
}

/** Finishes what is under way; what cannot be finished in time is left to recovery. */
async function closeWriter(writer: RecordWriter, timeoutMs: number): Promise<void> {
  try {
    await withinTime(
      writer.idle().then(() => writer.signOff()),
      timeoutMs,
      () => writer.lastProblem(),
    );
  } catch (error) {
    throw storeFailed('closed before all records were stored and counted; append them again', error);
  } finally {
    writer.stop();
  }
}
