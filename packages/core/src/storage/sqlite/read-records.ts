import type { UsageRecord } from '../../recording/usage-record.ts';
import { cursorSequence, sequenceCursor } from '../usage-query.ts';
import type { RecordsQuery } from '../usage-store.ts';
import type { Connection, Row } from './connection.ts';
import { sqlFilter } from './filter.ts';
import { rowRecord } from './record-row.ts';

const pageLength = 100;

/** Records page by page, each page one short read, so nothing is held open between them. */
export async function* readRecords(
  query: RecordsQuery,
  connection: Connection,
): AsyncGenerator<UsageRecord & { readonly cursor: string }> {
  const { after, limit = Infinity, order = 'arrival', ...rest } = query;
  const { where, values } = sqlFilter(rest, 'arrival');
  const isArrival = order === 'arrival';
  let reached = after === undefined ? (isArrival ? 0 : Number.MAX_SAFE_INTEGER) : cursorSequence(after);
  let left = limit;
  while (left > 0) {
    const length = Math.min(pageLength, left);
    const page = (start: number): Promise<Row[]> =>
      connection.use((prepare) =>
        prepare(
          `SELECT * FROM usage_records WHERE ${where} AND seq ${isArrival ? '>' : '<'} ?
           ORDER BY seq ${isArrival ? 'ASC' : 'DESC'} LIMIT ?`,
        ).all(...values, start, length),
      );
    // oxlint-disable-next-line no-await-in-loop -- the next page begins where this one ends
    const rows = await page(reached);
    for (const row of rows) {
      reached = Number(row['seq']);
      yield { ...rowRecord(row), cursor: sequenceCursor(reached) };
    }
    if (rows.length < length) return;
    left -= rows.length;
  }
}
