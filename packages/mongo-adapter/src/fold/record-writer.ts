import { MeterError } from '@kilotoken/core';
import type { StorableRecord } from '@kilotoken/core/store-kit';
import { decodeText } from '../ledger/text.ts';
import type { Orphan } from '../options.ts';
import { createBatchWriter } from './batch-writer.ts';
import type { BatchWriterOptions, RecordOutcome } from './batch-writer.ts';
import { createMessageSetter } from './message-setter.ts';
import type { Pace } from './pace.ts';
import { persist } from './persist.ts';
import type { Persistence } from './persist.ts';
import { textLength } from './text-length.ts';
import type { UsageDatabase } from './usage-database.ts';
import { createUserFolder } from './user-folder.ts';
import type { UserFolder } from './user-folder.ts';
import { createWaitingDocuments } from './waiting-documents.ts';

/** Options of {@link createRecordWriter}. */
export interface RecordWriterOptions extends Pick<
  BatchWriterOptions,
  'newWriterId' | 'leaseMs' | 'maxBatchRows' | 'maxBatchText'
> {
  readonly database: UsageDatabase;
  readonly pace: Pace;
  /** Where totals and counts are kept; without, only the ledger is written. */
  readonly hasUsers: boolean;
  readonly hasMessages: boolean;
  readonly orphanAfterMs: number;
  /** Users, and messages, whose state is remembered at most. Default: as many as the folder and the setter say. */
  readonly maxRemembered?: number;
  readonly onError: (error: Error) => void;
  readonly onOrphan: (orphan: Orphan) => void;
}

/** The writing side of a store: everything but the driver and the clock. */
export interface RecordWriter {
  /** Resolves when the record is stored and counted, or definitely not. */
  write(record: StorableRecord): Promise<RecordOutcome>;
  /** Tells other processes that this one is alive. */
  beat(): Promise<void>;
  /** Tries the users and messages again that were not there. Resolves with the milliseconds until more is due. */
  retryWaiting(): Promise<number | undefined>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  /** Says that all is settled, where it is; then nobody needs to recover anything. */
  signOff(): Promise<void>;
  /** Gives up on what is under way and leaves it to recovery. */
  stop(): void;
  /** Id of this writer; nothing before the first record. */
  writerId(): string | undefined;
  /** The last thing that went wrong and is being retried. */
  lastProblem(): unknown;
}

/** Joins the batch writer, the folder and the message setter. */
export function createRecordWriter(options: RecordWriterOptions): RecordWriter {
  const { database, pace, onError, onOrphan } = options;
  const memory = options.maxRemembered === undefined ? {} : { maxRemembered: options.maxRemembered };
  let isStopped = false;
  let lastProblem: unknown;
  const persistence: Persistence = {
    pace,
    isStopped: () => isStopped,
    onRetry(error) {
      lastProblem = error;
    },
  };
  const waiting = createWaitingDocuments({
    pace,
    giveUpAfterMs: options.orphanAfterMs,
    onGivenUp: (kind, id) => onOrphan({ kind, id: decodeText(id) }),
  });
  const nextN = (): bigint => (writer.state()?.settledN ?? 0n) + 1n;
  const refused = (kind: 'user' | 'message', id: string, error: Error): void => {
    const advice =
      kind === 'user'
        ? 'the ledger keeps its usage; correct the document or its validator, then call reconcile()'
        : 'the ledger keeps its usage; the totals are not affected';
    onError(
      new MeterError(
        'store_failed',
        `mongoStore: the document of ${kind} "${decodeText(id)}" refused its usage: ${error.message}; ${advice}`,
        {
          cause: error,
        },
      ),
    );
  };
  const messages = createMessageSetter({
    ...memory,
    database,
    persistence,
    reports: {
      onMissing: (message) => waiting.missing('message', message, nextN()),
      onRefused: (message, error) => refused('message', message, error),
    },
  });
  const skipUsers: UserFolder = {
    direct: () => [],
    applied: () => {},
    uncounted: () => [],
    fold: async () => {},
    retryBehind: async () => {},
    catchUp: async () => {},
    behind: new Map(),
  };
  const createFolder = (id: string): UserFolder =>
    options.hasUsers
      ? createUserFolder({
          ...memory,
          database,
          writer: id,
          persistence,
          reports: {
            onMissing: (user) => waiting.missing('user', user, nextN()),
            onRefused: (user, error) => refused('user', user, error),
            onGuardGone: (user) =>
              onError(
                new MeterError(
                  'store_failed',
                  `mongoStore: the document of user "${decodeText(user)}" was replaced without its guard field; ` +
                    'counting continues from here; call verify() and rebuild() for this user',
                ),
              ),
          },
        })
      : skipUsers;
  let folder = skipUsers;
  const writer = createBatchWriter({
    ...options,
    persistence,
    createFolder(id) {
      folder = createFolder(id);
      return folder;
    },
    ...(options.hasMessages ? { messages } : {}),
    heldBack: () => waiting.heldBack(),
    onRetired: (id) =>
      onError(
        new MeterError(
          'store_failed',
          `mongoStore: this process was paused for so long that another one took over its writer ${id}; call verify()`,
        ),
      ),
  });

  const retryMessages = async (): Promise<void> => {
    const due = waiting.due('message');
    if (due.length === 0) return;
    const stillMissing = new Set<string>();
    const again = createMessageSetter({
      database,
      persistence,
      reports: {
        onMissing(message) {
          stillMissing.add(message);
          waiting.missing('message', message, nextN());
        },
        onRefused: (message, error) => refused('message', message, error),
      },
    });
    await again.setFromLedger(due);
    for (const message of due) if (!stillMissing.has(message)) waiting.settled('message', message);
  };

  const retryUsers = async (): Promise<void> => {
    const due = waiting.due('user');
    if (due.length === 0) return;
    await writer.retryBehind(due);
    for (const user of due) if (!folder.behind.has(user)) waiting.settled('user', user);
  };

  return {
    write: (record) => writer.write(record, textLength(record)),
    beat: () => writer.beat(),
    async retryWaiting() {
      await Promise.all([retryMessages(), retryUsers()]);
      return waiting.dueInMs();
    },
    idle: () => writer.idle(),
    async signOff() {
      const state = writer.state();
      if (state === undefined || waiting.heldBack() !== undefined) return;
      const change = { settledN: state.settledN, closedAt: pace.now(), leaseUntil: pace.now() };
      await persist(() => database.updateWriter(state.id, change), persistence, { failsWhenRefused: true });
    },
    stop() {
      isStopped = true;
    },
    writerId: () => writer.state()?.id,
    lastProblem: () => lastProblem,
  };
}
