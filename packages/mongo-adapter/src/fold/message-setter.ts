import type { LedgerRow } from '../ledger/ledger-row.ts';
import { sumRows, wholeOf } from '../ledger/row-sums.ts';
import { rowsBy } from '../ledger/rows-by.ts';
import { persist, StoppedError } from './persist.ts';
import type { Persistence } from './persist.ts';
import type { MessageSums, UsageDatabase } from './usage-database.ts';

/** What the setter tells about messages that do not show their usage. */
export interface MessageReports {
  /** The message has no document (yet). */
  onMissing(message: string): void;
  /** The server refused the update. */
  onRefused(message: string, error: Error): void;
}

/** Keeps the fields of messages equal to the ledger's sums. */
export interface MessageSetter {
  /** Sets the messages of rows that were just stored. Resolves when each is set, missing or refused. */
  set(rows: readonly LedgerRow[]): Promise<void>;
  /** Sets messages from the ledger alone. */
  setFromLedger(messages: readonly string[]): Promise<void>;
}

/**
 * Fields of a message are always the ledger's sum for it, set where the message shows fewer records: repeats, late copies
 * and two writers of one message change nothing.
 */
export function createMessageSetter(options: {
  readonly database: UsageDatabase;
  readonly persistence: Persistence;
  readonly reports: MessageReports;
}): MessageSetter {
  const { database, persistence, reports } = options;

  /** Sends the sums until each is shown, or outdone by a fuller one, or cannot be. */
  const settle = async (sums: readonly MessageSums[]): Promise<void> => {
    let open = sums;
    for (let attempt = 0; open.length > 0; attempt += 1) {
      if (persistence.isStopped()) throw new StoppedError('closed while messages were being set');
      try {
        // oxlint-disable-next-line no-await-in-loop -- each round starts from what the last one left
        const { matched, refused } = await database.setMessages(open);
        for (const { id, error } of refused) reports.onRefused(id, error);
        const refusedIds = new Set(refused.map(({ id }) => id));
        if (matched + refused.length === open.length) return;
        open = open.filter(({ message }) => !refusedIds.has(message));
      } catch (error) {
        persistence.onRetry(error);
        // oxlint-disable-next-line no-await-in-loop -- see above
        await persistence.pace.backOff(attempt);
      }
      const ids = open.map(({ message }) => message);
      // oxlint-disable-next-line no-await-in-loop -- see above
      const shown = await persist(() => database.messageGuards(ids), persistence);
      open = open.filter(({ message, records }) => {
        if (!shown.has(message)) reports.onMissing(message);
        return shown.has(message) && (shown.get(message) ?? 0n) < records;
      });
      // A message of one record carries no count, so a repeat of it cannot be told from the first: it is set once more.
      // oxlint-disable-next-line no-await-in-loop -- see above
      if (open.length > 0) await persistence.pace.backOff(attempt);
    }
  };

  const sumsOf = (messages: readonly string[]): Promise<readonly MessageSums[]> =>
    persist(() => database.messageSums(messages), persistence);

  return {
    async set(rows) {
      const own = [...rowsBy(rows, 'mid')].map(([message, ownRows]) => ({
        message,
        records: BigInt(ownRows.length),
        ...wholeOf(sumRows(ownRows).byOrigin.values()),
      }));
      if (own.length === 0) return;
      // Nearly every message has one call, and then its row is the whole sum: it is set while the ledger is being asked.
      const [all] = await Promise.all([sumsOf(own.map(({ message }) => message)), settle(own)]);
      const ownRecords = new Map(own.map(({ message, records }) => [message, records]));
      await settle(all.filter(({ message, records }) => records > (ownRecords.get(message) ?? 0n)));
    },
    async setFromLedger(messages) {
      if (messages.length > 0) await settle(await sumsOf(messages));
    },
  };
}
