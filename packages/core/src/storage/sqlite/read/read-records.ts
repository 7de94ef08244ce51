import { nextTurn } from '../../../node/next-turn.ts';
import type { UsageRecord } from '../../../recording/usage-record.ts';
import { cursorSequence, sequenceCursor } from '../../usage-query.ts';
import type { RecordsQuery, UsageQuery } from '../../usage-store.ts';
import type { Connection, Prepare, Row } from '../connection.ts';
import { sqlFilter } from './filter.ts';
import { keptCounts } from './kept-totals.ts';
import { rowRecord } from './record-row.ts';
import { listedScope, listedSequences } from './scope.ts';
import type { Scope } from './scope.ts';
import { newestSequence } from '../sequence.ts';
import { timeRange } from './time-range.ts';
import { inSnapshot } from '../transaction.ts';

/** Every read is one short look at the file, so nothing is held open between them and the event loop gets its turns. */
const pageLength = 100;
/** A walk along the table passes over so many rows at once, whether they match or not. */
const walkLength = 5000;
/** So many rows of a user are put into order of arrival at once. */
const arrivalLength = 2000;
/** A user has lists per hour. Putting those of one with more records than these into order takes longer than the walk. */
const maxSortedRecords = 50_000;

type Order = NonNullable<RecordsQuery['order']>;

/** What one look at the file found, and where the next one begins; undefined at the end. */
interface Page {
  readonly rows: readonly Row[];
  readonly next: number | undefined;
}

/** Answers what lies behind a sequence number; at most `length` rows. */
type ReadPage = (prepare: Prepare, after: number, length: number) => Page;

/** Records in order of arrival, or against it. */
export async function* readRecords(
  query: RecordsQuery,
  connection: Connection,
): AsyncGenerator<UsageRecord & { readonly cursor: string }> {
  const { after, limit = Infinity, order = 'arrival', ...rest } = query;
  const readPage = await connection.use((prepare) => pageReader(rest, order, limit, prepare));
  const start = order === 'arrival' ? 0 : Number.MAX_SAFE_INTEGER;
  let next: number | undefined = after === undefined ? start : cursorSequence(after);
  let left = limit;
  let durable = -1;
  const page = (from: number): Promise<Page> =>
    connection.use((prepare, database) =>
      inSnapshot(database, () => readPage(prepare, from, Math.min(pageLength, left))),
    );
  while (left > 0 && next !== undefined) {
    // oxlint-disable-next-line no-await-in-loop -- the next page begins where this one ends
    const found = await page(next);
    // A record that a power cut may still take is not shown: its place would be another's, and that one behind a cursor.
    if (newestOf(found.rows) > durable) {
      // oxlint-disable-next-line no-await-in-loop -- before it is shown
      durable = await connection.use(newestSequence);
      // oxlint-disable-next-line no-await-in-loop -- see above
      await connection.whenDurable();
    }
    for (const row of found.rows) yield { ...rowRecord(row), cursor: sequenceCursor(Number(row['seq'])) };
    left -= found.rows.length;
    ({ next } = found);
    // oxlint-disable-next-line no-await-in-loop -- a page without a match gave the reader no turn
    if (found.rows.length === 0 && next !== undefined) await nextTurn();
  }
}

function pageReader(query: UsageQuery, order: Order, limit: number, prepare: Prepare): ReadPage {
  if (query.messageId !== undefined || query.conversationId !== undefined) return indexReader(query, order);
  const scope = listedScope(query);
  const { userId, ...rest } = query;
  if (scope === undefined || userId === undefined || keptCounts(userId, prepare).records > maxSortedRecords) {
    return walkReader(query, order);
  }
  return userReader(scope, rest, order, limit);
}

/** A message and a conversation have few records: they are sorted anew for every page. */
function indexReader(query: UsageQuery, order: Order): ReadPage {
  const { where, values } = sqlFilter(query, 'arrival');
  const sql = `SELECT * FROM usage_records WHERE ${where} AND ${behind(order)} LIMIT ?`;
  return (prepare, after, length) => {
    const rows = prepare(sql).all(...values, after, length);
    return { rows, next: rows.length < length ? undefined : lastSequence(rows) };
  };
}

/** Along the table, window by window. */
function walkReader(query: UsageQuery, order: Order): ReadPage {
  const { where, values } = sqlFilter(query, 'arrival');
  const isArrival = order === 'arrival';
  const sql = `SELECT * FROM usage_records WHERE ${where} AND seq ${isArrival ? '<=' : '>='} ?
    AND ${behind(order)} LIMIT ?`;
  return (prepare, after, length) => {
    const newest = newestSequence(prepare);
    const start = isArrival ? after : Math.min(after, newest + 1);
    const end = isArrival ? start + walkLength : start - walkLength;
    const rows = prepare(sql).all(...values, end, start, length);
    if (rows.length === length) return { rows, next: lastSequence(rows) };
    return { rows, next: (isArrival ? end >= newest : end <= 1) ? undefined : end };
  };
}

/** The records of one user: many are put into order at once, by their lists alone, and read page by page. */
function userReader(scope: Scope, rest: UsageQuery, order: Order, limit: number): ReadPage {
  const { where, values } = sqlFilter(rest, 'arrival');
  const isArrival = order === 'arrival';
  const recordsSql = `SELECT * FROM usage_records WHERE seq IN (SELECT value FROM json_each(?)) AND ${where}
    ORDER BY seq ${isArrival ? 'ASC' : 'DESC'} LIMIT ?`;
  const batchLength = Math.min(arrivalLength, Math.max(pageLength, limit));
  let sequences: readonly number[] = [];
  let isLastBatch = false;
  return (prepare, after, length) => {
    if (sequences.length === 0) {
      sequences = listedSequences(scope, timeRange(rest), prepare, isArrival ? after : 0)
        .filter((sequence) => (isArrival ? sequence > after : sequence < after))
        .toSorted((a, b) => (isArrival ? a - b : b - a))
        .slice(0, batchLength);
      isLastBatch = sequences.length < batchLength;
    }
    const page = sequences.slice(0, pageLength);
    const rows = prepare(recordsSql).all(JSON.stringify(page), ...values, length);
    const looked = rows.length < length ? page.length : page.indexOf(lastSequence(rows)) + 1;
    const next = isLastBatch && looked === sequences.length ? undefined : page[looked - 1];
    // Last, because a look that failed is repeated.
    sequences = sequences.slice(looked);
    return { rows, next };
  };
}

/** The rows are in order, one way or the other. */
function newestOf(rows: readonly Row[]): number {
  return rows.length === 0 ? -1 : Math.max(Number(rows[0]?.['seq']), lastSequence(rows));
}

function behind(order: Order): string {
  return order === 'arrival' ? 'seq > ? ORDER BY seq ASC' : 'seq < ? ORDER BY seq DESC';
}

function lastSequence(rows: readonly Row[]): number {
  return Number(rows.at(-1)?.['seq']);
}
