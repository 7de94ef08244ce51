import { MeterError } from '@kilotoken/core';
import { decodeText } from '../ledger/text.ts';
import { createMessageSetter } from './message-setter.ts';
import type { Persistence } from './persist.ts';
import { createUserFolder, RetiredError } from './user-folder.ts';
import type { UserFolder } from './user-folder.ts';
import type { UsageDatabase, WriterState } from './usage-database.ts';

/** Options of {@link createRecovery}. */
export interface RecoveryOptions {
  readonly database: UsageDatabase;
  readonly persistence: Persistence;
  readonly hasUsers: boolean;
  readonly hasMessages: boolean;
  /** The writer of this process, which is alive. */
  readonly ownWriter: () => string | undefined;
  /** How long after its last sign of life a writer that closed cleanly, or did not, is retired. In milliseconds. */
  readonly graceMs: { readonly closed: number; readonly died: number };
  readonly onError: (error: Error) => void;
}

/** Finishes the work of processes that died. */
export interface Recovery {
  /** Counts what dead writers left. Any process may do it, several at once too. Resolves with the writers that left rows. */
  recover(): Promise<{ readonly writers: number }>;
  /** Retires writers that have been gone for long, and takes their guard entries out of the users. */
  retire(): Promise<{ readonly retired: number; readonly cleaned: number }>;
}

const pageRows = 1000;

/** A command sent before a process died may be executed this much later. */
const lateMs = 10 * 60_000;

/**
 * Makes the recovery of one process.
 *
 * It needs no lock: each step is the compare-and-set the writer itself would have made, so of two that try, one finds
 * the guard moved.
 */
export function createRecovery(options: RecoveryOptions): Recovery {
  const { database, persistence, graceMs, onError } = options;
  const now = (): number => persistence.pace.now().getTime();

  const report = (kind: 'user' | 'message', id: string, error: Error): void =>
    onError(
      new MeterError(
        'store_failed',
        `mongoStore: the document of ${kind} "${decodeText(id)}" refused the usage of a process that died: ${error.message}`,
        { cause: error },
      ),
    );

  const folderOf = (writer: string, state: { refused: number; missing: number }): UserFolder =>
    createUserFolder({
      database,
      writer,
      persistence,
      reports: {
        onMissing: () => {
          state.missing += 1;
        },
        onRefused: (user, error) => {
          state.refused += 1;
          report('user', user, error);
        },
        onGuardGone: () => {},
      },
    });

  /** Resolves with whether there were rows to look at. */
  const recoverWriter = async (writer: WriterState): Promise<boolean> => {
    const state = { refused: 0, missing: 0 };
    const folder = folderOf(writer.id, state);
    const messages = createMessageSetter({
      database,
      persistence,
      reports: {
        onMissing: () => {
          state.missing += 1;
        },
        onRefused: (message, error) => report('message', message, error),
      },
    });
    let after = writer.settledN;
    let hasRows = false;
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one page after the other
      const rows = await database.rowsOfWriter({ writer: writer.id, after, limit: pageRows });
      if (rows.length > 0) hasRows = true;
      const targets = new Map<string, bigint>();
      for (const row of rows) if (row.u !== undefined) targets.set(row.u, row.n);
      const ids = new Set(rows.flatMap(({ mid }) => (mid === undefined ? [] : [mid])));
      // oxlint-disable-next-line no-await-in-loop -- see above
      await Promise.all([
        options.hasUsers ? folder.catchUp(targets) : undefined,
        options.hasMessages ? messages.setFromLedger([...ids]) : undefined,
      ]);
      after = rows.at(-1)?.n ?? after;
      if (rows.length < pageRows) break;
    }
    // Spares the next scans the work, once no command of the dead process can come any more.
    const isQuiet = now() > writer.leaseUntil.getTime() + lateMs && state.refused + state.missing === 0;
    if (isQuiet && after > writer.settledN) await database.updateWriter(writer.id, { settledN: after });
    return hasRows;
  };

  const retireWriter = async (writer: WriterState): Promise<boolean> => {
    const state = { refused: 0, missing: 0 };
    const targets = options.hasUsers ? await database.lastRowsOfUsers(writer.id) : new Map<string, bigint>();
    await folderOf(writer.id, state).catchUp(targets);
    // The entry of a user that refused is what reconcile() will need.
    if (state.refused > 0) return false;
    await database.updateWriter(writer.id, { retiredAt: persistence.pace.now() });
    return true;
  };

  const deadWriters = async (): Promise<readonly WriterState[]> =>
    (await database.activeWriters()).filter(
      ({ id, leaseUntil }) => id !== options.ownWriter() && leaseUntil.getTime() < now(),
    );

  return {
    async recover() {
      let writers = 0;
      for (const writer of await deadWriters()) {
        // oxlint-disable-next-line no-await-in-loop -- recovery takes its time and leaves the database to the living
        await ignoreRetired(async () => {
          if (await recoverWriter(writer)) writers += 1;
        });
      }
      return { writers };
    },
    async retire() {
      let retired = 0;
      let cleaned = 0;
      for (const writer of await deadWriters()) {
        const { closedAt, leaseUntil } = writer;
        const gone = closedAt === undefined ? leaseUntil.getTime() + graceMs.died : closedAt.getTime() + graceMs.closed;
        if (now() <= gone) continue;
        // oxlint-disable-next-line no-await-in-loop -- see above
        await ignoreRetired(async () => {
          if (await retireWriter(writer)) retired += 1;
        });
      }
      for (const writer of await database.uncleanWriters()) {
        // Whoever read a guard before the writer was retired has had the time to use it.
        if (now() <= (writer.retiredAt?.getTime() ?? 0) + lateMs) continue;
        // oxlint-disable-next-line no-await-in-loop -- see above
        const users = [...(await database.lastRowsOfUsers(writer.id)).keys()];
        for (let start = 0; start < users.length; start += pageRows) {
          // oxlint-disable-next-line no-await-in-loop -- see above
          await database.dropGuards(users.slice(start, start + pageRows), writer.id);
        }
        // oxlint-disable-next-line no-await-in-loop -- see above
        await database.updateWriter(writer.id, { cleanedAt: persistence.pace.now() });
        cleaned += 1;
      }
      return { retired, cleaned };
    },
  };
}

/** Another process retired the writer meanwhile: then there is nothing left to do for it. */
async function ignoreRetired(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof RetiredError)) throw error;
  }
}
