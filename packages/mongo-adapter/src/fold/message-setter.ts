import type { LedgerRow } from '../ledger/ledger-row.ts';
import { sumRows, wholeOf } from '../ledger/row-sums.ts';
import { rowsBy } from '../ledger/rows-by.ts';
import { persist, StoppedError } from './persist.ts';
import type { Persistence } from './persist.ts';
import type { MessageSums, UpdateResult, UsageDatabase } from './usage-database.ts';

/** What the setter tells about messages that do not show their usage. */
export interface MessageReports {
  /** The message has no document (yet). */
  onMissing(message: string): void;
  /** The server refused the update. */
  onRefused(message: string, error: Error): void;
}

/** Keeps the fields of messages equal to the ledger's sums. */
export interface MessageSetter {
  /** What messages of these rows are to show, if they show nothing yet. */
  firstSums(rows: readonly LedgerRow[]): readonly MessageSums[];
  /** Takes note of messages that showed nothing and were set. */
  applied(messages: Iterable<string>): void;
  /** Sets the messages of rows that were just stored. Resolves when each is set, missing or refused. */
  set(rows: readonly LedgerRow[]): Promise<void>;
  /** Sets messages from the ledger alone. */
  setFromLedger(messages: readonly string[]): Promise<void>;
}

/** Rounds in which every command was answered and none of the messages was set. */
const maxVainRounds = 10;

/**
 * Fields of a message are always the ledger's sum for it, and repeats, late copies and two writers of one message change
 * nothing.
 *
 * Nearly every message has one call. So the first of its writers sets what it has, if the message shows nothing, and is
 * done without asking the ledger. Whoever finds something there sums the ledger afterwards, in which the row of the first
 * one is by then, and sets that where the message shows fewer records.
 */
export function createMessageSetter(options: {
  readonly database: UsageDatabase;
  readonly persistence: Persistence;
  readonly reports: MessageReports;
  /** Messages to remember as showing something. Default 10000. */
  readonly maxRemembered?: number;
}): MessageSetter {
  const { database, persistence, reports, maxRemembered = 10_000 } = options;
  const showing = new Set<string>();

  const remember = (message: string): void => {
    if (showing.size >= maxRemembered) showing.clear();
    showing.add(message);
  };

  /** Sends sums until no message is left to be set; `isOver` decides about one that was not found by its update. */
  const send = async (
    sums: readonly MessageSums[],
    command: (open: readonly MessageSums[]) => Promise<UpdateResult>,
    isOver: (sum: MessageSums, shown: { readonly isShowing: boolean; readonly records: bigint }) => boolean,
  ): Promise<void> => {
    let open = sums;
    let vainRounds = 0;
    for (let attempt = 0; open.length > 0; attempt += 1) {
      if (persistence.isStopped()) throw new StoppedError('closed while messages were being set');
      try {
        // oxlint-disable-next-line no-await-in-loop -- each round starts from what the last one left
        const { matched, refused } = await command(open);
        for (const { id, error } of refused) reports.onRefused(id, error);
        const refusedIds = new Set(refused.map(({ id }) => id));
        open = open.filter(({ message }) => !refusedIds.has(message));
        if (matched === open.length) {
          for (const { message } of open) remember(message);
          return;
        }
        // One that can be read and never be set must not keep its record waiting for ever.
        vainRounds = matched > 0 ? 0 : vainRounds + 1;
        if (vainRounds >= maxVainRounds) {
          const error = new Error(
            'the document exists, but no update matches it; check the options key, id and filter',
          );
          for (const { message } of open) reports.onRefused(message, error);
          return;
        }
      } catch (error) {
        persistence.onRetry(error);
        // oxlint-disable-next-line no-await-in-loop -- see above
        await persistence.pace.backOff(attempt);
      }
      const ids = open.map(({ message }) => message);
      // oxlint-disable-next-line no-await-in-loop -- see above
      const found = await persist(() => database.messageStates(ids), persistence);
      open = open.filter((sum) => {
        const state = found.get(sum.message);
        if (state === undefined) reports.onMissing(sum.message);
        return state !== undefined && !isOver(sum, state);
      });
      // oxlint-disable-next-line no-await-in-loop -- see above
      if (open.length > 0) await persistence.pace.backOff(attempt);
    }
  };

  /** Sets messages that show nothing. Resolves with those that show something: ours, or another's. */
  const setFirst = async (sums: readonly MessageSums[]): Promise<readonly string[]> => {
    const others: string[] = [];
    await send(
      sums,
      (open) => database.setFirstMessages(open),
      ({ message }, { isShowing }) => {
        if (isShowing) others.push(message);
        return isShowing;
      },
    );
    return others;
  };

  const ledgerSums = (messages: readonly string[]): Promise<readonly MessageSums[]> =>
    messages.length === 0 ? Promise.resolve([]) : persist(() => database.messageSums(messages), persistence);

  /** Sets messages that showed something before the ledger is asked here. */
  const setSums = async (messages: readonly string[]): Promise<void> =>
    send(
      await ledgerSums(messages),
      (open) => database.setMessages(open),
      (sum, { records }) => records >= sum.records,
    );

  return {
    firstSums: (rows) => sumsOf(rows.filter(({ mid }) => mid !== undefined && !showing.has(mid))),
    applied(messages) {
      for (const message of messages) remember(message);
    },
    async set(rows) {
      const own = sumsOf(rows);
      const known = own.filter(({ message }) => showing.has(message)).map(({ message }) => message);
      const others = await setFirst(own.filter(({ message }) => !showing.has(message)));
      await setSums([...known, ...others]);
    },
    async setFromLedger(messages) {
      await setSums(await setFirst(await ledgerSums(messages)));
    },
  };
}

/** Sums over rows alone, by message. */
function sumsOf(rows: readonly LedgerRow[]): MessageSums[] {
  return [...rowsBy(rows, 'mid')].map(([message, own]) => ({
    message,
    records: BigInt(own.length),
    ...wholeOf(sumRows(own).byOrigin.values()),
  }));
}
