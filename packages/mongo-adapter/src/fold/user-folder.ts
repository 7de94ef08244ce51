import type { LedgerRow } from '../ledger/ledger-row.ts';
import { sumRows } from '../ledger/row-sums.ts';
import { rowsBy } from '../ledger/rows-by.ts';
import { persist, StoppedError } from './persist.ts';
import type { Persistence } from './persist.ts';
import type { UpdateResult, UsageDatabase, UserFold } from './usage-database.ts';

/** What the folder tells about users whose rows are stored and not counted. */
export interface UserReports {
  /** The user has no document. */
  onMissing(user: string): void;
  /** The server refused the update: a validator, a field that is no number. */
  onRefused(user: string, error: Error): void;
  /** The user has our rows counted, and no guard entry any more: the app replaced the document. */
  onGuardGone(user: string): void;
}

/** Thrown when another process retired this writer, which only happens to one that was paused for very long. */
export class RetiredError extends Error {
  override readonly name = 'RetiredError';
}

/** Adds the rows of one writer to the documents of their users. */
export interface UserFolder {
  /** The updates that would add rows which directly follow the rows added before, of users whose guard is known. */
  direct(rows: readonly LedgerRow[]): readonly UserFold[];
  /** Takes note of updates that were applied. */
  applied(folds: readonly UserFold[]): void;
  /** Those of the rows that are not known to be counted. */
  uncounted(rows: readonly LedgerRow[]): readonly LedgerRow[];
  /** Adds rows that directly follow the rows added before. Resolves when each user is counted, missing or refused. */
  fold(rows: readonly LedgerRow[]): Promise<void>;
  /** Tries the users again that were missing or refused. */
  retryBehind(users: readonly string[]): Promise<void>;
  /** Counts rows up to a number per user, from the ledger alone. */
  catchUp(targets: ReadonlyMap<string, bigint>): Promise<void>;
  /** Users whose rows are stored and not counted, with the number of the last row. */
  readonly behind: ReadonlyMap<string, bigint>;
}

/** Rounds in which every command was answered and none of the users was counted. */
const maxVainRounds = 10;

/**
 * Makes the folder of one writer.
 *
 * The guard entry of a user says up to which row the writer is counted. Each update moves it from exactly one value to
 * exactly one other, together with the totals; whoever repeats it, late or at the same time, finds another value.
 */
export function createUserFolder(options: {
  readonly database: UsageDatabase;
  readonly writer: string;
  readonly persistence: Persistence;
  readonly reports: UserReports;
  /** Guard entries to remember. Default 20000. */
  readonly maxRemembered?: number;
}): UserFolder {
  const { database, writer, persistence, reports, maxRemembered = 20_000 } = options;
  const known = new Map<string, bigint>();
  const behind = new Map<string, bigint>();
  // Once an entry was forgotten, a user we do not know may have one, or rows that are not counted.
  let hasForgotten = false;

  const remember = (user: string, n: bigint): void => {
    const before = known.get(user);
    known.delete(user);
    known.set(user, before !== undefined && before > n ? before : n);
    behind.delete(user);
    if (known.size <= maxRemembered) return;
    const [oldest] = known.keys();
    if (oldest !== undefined) known.delete(oldest);
    hasForgotten = true;
  };

  const report = ({ refused }: UpdateResult, targets: ReadonlyMap<string, bigint>): ReadonlySet<string> => {
    for (const { id, error } of refused) {
      behind.set(id, targets.get(id) ?? 0n);
      reports.onRefused(id, error);
    }
    return new Set(refused.map(({ id }) => id));
  };

  /** Rows of the user that are not counted, from the ledger, as the fold that counts them. */
  const foldFromLedger = async (
    user: string,
    guard: bigint | undefined,
    upTo: bigint,
  ): Promise<UserFold | undefined> => {
    const counted = guard ?? known.get(user) ?? 0n;
    if (guard === undefined) {
      // Retiring a writer takes its entries away: whoever comes late must not take that for a user never counted.
      const state = await persist(() => database.writer(writer), persistence);
      if (state?.retiredAt !== undefined) throw new RetiredError(`writer ${writer} was retired`);
      if (counted > 0n) reports.onGuardGone(user);
    }
    const rows = await persist(() => database.rowsOfWriter({ writer, user, after: counted, upTo }), persistence);
    const last = rows.at(-1);
    return last === undefined ? undefined : { user, writer, from: guard, to: last.n, sums: sumRows(rows) };
  };

  /** Reads the guards back and adds what is missing, until each user is counted, missing or refused. */
  const settle = async (targets: ReadonlyMap<string, bigint>): Promise<void> => {
    const open = new Map(targets);
    let vainRounds = 0;
    for (let attempt = 0; open.size > 0; attempt += 1) {
      if (persistence.isStopped()) throw new StoppedError('closed while users were being counted');
      // oxlint-disable-next-line no-await-in-loop -- each round starts from what the last one left
      const guards = await persist(() => database.guards([...open.keys()], writer), persistence);
      const folds: UserFold[] = [];
      for (const [user, target] of open) {
        const guard = guards.get(user);
        if (!guards.has(user)) {
          open.delete(user);
          behind.set(user, target);
          reports.onMissing(user);
        } else if (guard !== undefined && guard >= target) {
          open.delete(user);
          remember(user, guard);
        } else {
          // oxlint-disable-next-line no-await-in-loop -- few users, and only after something went wrong
          const fold = await foldFromLedger(user, guard, target);
          if (fold !== undefined) folds.push(fold);
          else {
            // Its rows were erased, or are another user's now.
            open.delete(user);
            behind.delete(user);
          }
        }
      }
      if (folds.length > 0) {
        try {
          // oxlint-disable-next-line no-await-in-loop -- see above
          const result = await database.foldUsers(folds);
          const refused = report(result, open);
          // One that can be read and never be updated must not keep the others waiting for ever.
          vainRounds = result.matched + refused.size > 0 ? 0 : vainRounds + 1;
          if (vainRounds >= maxVainRounds) {
            const error = new Error(
              'the document exists, but no update matches it; check the options key, id and filter',
            );
            report({ matched: 0, refused: folds.map(({ user }) => ({ id: user, error })) }, open);
            return;
          }
          for (const user of refused) open.delete(user);
          if (result.matched + refused.size === folds.length) {
            for (const { user, to } of folds) {
              if (refused.has(user)) continue;
              remember(user, to);
              open.delete(user);
            }
          }
        } catch (error) {
          persistence.onRetry(error);
        }
      }
      // oxlint-disable-next-line no-await-in-loop -- see above
      if (open.size > 0) await persistence.pace.backOff(attempt);
    }
  };

  const isCounted = ({ u, n }: LedgerRow): boolean => u === undefined || n <= (known.get(u) ?? 0n);

  /** Updates of users whose guard is known, and the last rows of the others. */
  const plan = (rows: readonly LedgerRow[]) => {
    const direct: UserFold[] = [];
    const indirect = new Map<string, bigint>();
    for (const [user, own] of rowsBy(rows, 'u')) {
      const guard = known.get(user);
      // Recovery by another process may have counted rows that were still waiting for their turn here.
      const open = own.filter((row) => !isCounted(row));
      const last = open.at(-1);
      if (last === undefined) continue;
      if (behind.has(user) || (guard === undefined && hasForgotten)) indirect.set(user, last.n);
      else direct.push({ user, writer, from: guard, to: last.n, sums: sumRows(open) });
    }
    return { direct, indirect };
  };

  return {
    behind,
    catchUp: settle,
    direct: (rows) => plan(rows).direct,
    applied(folds) {
      for (const { user, to } of folds) remember(user, to);
    },
    uncounted: (rows) => rows.filter((row) => !isCounted(row)),
    async fold(rows) {
      const { direct, indirect } = plan(rows);
      if (direct.length > 0) {
        const targets = new Map(direct.map(({ user, to }) => [user, to]));
        try {
          const result = await database.foldUsers(direct);
          const refused = report(result, targets);
          const isDefinite = result.matched + refused.size === direct.length;
          for (const { user, to } of direct) {
            if (refused.has(user)) continue;
            if (isDefinite) remember(user, to);
            else indirect.set(user, to);
          }
        } catch (error) {
          persistence.onRetry(error);
          for (const [user, to] of targets) indirect.set(user, to);
        }
      }
      await settle(indirect);
    },
    async retryBehind(users) {
      const targets = new Map<string, bigint>();
      for (const user of users) {
        const target = behind.get(user);
        if (target !== undefined) targets.set(user, target);
      }
      await settle(targets);
    },
  };
}
