import type { SQLInputValue } from 'node:sqlite';
import type { Prepare, Row } from '../connection.ts';
import { foldedSequences, hoursAround, isEverything } from './scope.ts';
import type { Scope, Tail } from './scope.ts';
import { hourOf, hourStart } from '../sum-tables.ts';
import { sumsOfSingleCallsSql } from '../sums.ts';
import { rangeSql } from './time-range.ts';
import type { TimeRange } from './time-range.ts';
import { tokenColumnNames } from '../token-columns.ts';

/** A piece of a sum: where its rows are and how they are summed up. `calls` counts records here. */
export interface SumSource {
  readonly columns: string;
  readonly from: string;
  readonly values: readonly SQLInputValue[];
}

const hourColumns = `sum(records) AS calls, sum(unpriced) AS unpriced, sum(pico_high) AS pico_high,
  sum(pico_low) AS pico_low, ${tokenColumnNames.map((column) => `sum(${column}) AS ${column}`).join(', ')}`;
const recordColumns = `sum(unpriced) AS unpriced, ${sumsOfSingleCallsSql}`;

/**
 * A range of a scope in pieces that do not overlap: whole hours from `usage_hours`, what is left of the first and the last
 * hour from the records, and the records that are not in `usage_hours` yet.
 */
export function sumSources(scope: Scope, range: TimeRange, tail: Tail, prepare: Prepare): SumSource[] {
  const [first, last] = hoursAround(range);
  const firstWhole = hourStart(first) < range.from ? first + 1 : first;
  const sources: SumSource[] = [];
  if (firstWhole < last) {
    sources.push({
      columns: hourColumns,
      from: 'usage_hours WHERE scope = ? AND key = ? AND hour >= ? AND hour < ?',
      values: [scope.scope, scope.key, firstWhole, last],
    });
  }
  for (const edge of edgesOf(range)) {
    const source = edgeSource(scope, edge, tail.after, prepare);
    if (source !== undefined) sources.push(source);
  }
  if (tail.from < range.to && tail.to > range.from) {
    const [where, values] = rangeSql(range, '+started_at');
    sources.push({
      columns: recordColumns,
      from: `usage_records WHERE seq > ? AND ${scope.where} AND ${where}`,
      values: [tail.after, ...scope.values, ...values],
    });
  }
  return sources;
}

/** What a range has of hours it does not have wholly. */
function edgesOf({ from, to }: TimeRange): TimeRange[] {
  const edges: TimeRange[] = [];
  if (from >= to) return edges;
  const afterFrom = from === -Infinity ? from : Math.ceil(from / hourStart(1)) * hourStart(1);
  const beforeTo = to === Infinity ? to : hourStart(hourOf(to));
  if (afterFrom > beforeTo) return [{ from, to }];
  if (from < afterFrom) edges.push({ from, to: afterFrom });
  if (beforeTo < to) edges.push({ from: beforeTo, to });
  return edges;
}

function edgeSource(scope: Scope, edge: TimeRange, folded: number, prepare: Prepare): SumSource | undefined {
  if (isEverything(scope)) {
    const [where, values] = rangeSql(edge, 'started_at');
    return { columns: recordColumns, from: `usage_records WHERE ${where} AND seq <= ?`, values: [...values, folded] };
  }
  const listed = foldedSequences(scope, edge, prepare);
  if (listed.length === 0) return undefined;
  const [where, values] = rangeSql(edge, '+started_at');
  return {
    columns: recordColumns,
    from: `usage_records WHERE seq IN (SELECT value FROM json_each(?)) AND ${where}`,
    values: [JSON.stringify(listed), ...values],
  };
}

/**
 * The records of a scope and a range whose call has others, or may have: every call is counted once, and only of these more
 * than one record may be there.
 */
export function retriedRecords(scope: Scope, range: TimeRange, prepare: Prepare): Row[] {
  const [indexed, times] = rangeSql(range, 'started_at');
  const [plain] = rangeSql(range, '+started_at');
  const matches = [...scope.values, ...times];
  const found = 'record.call_id, record.origin, record.unpriced';
  return prepare(`WITH retried AS (SELECT DISTINCT call_id AS name FROM usage_records INDEXED BY usage_by_retry_time
      WHERE call_id <> id AND ${scope.where} AND ${indexed})
    SELECT ${found} FROM retried CROSS JOIN usage_records AS record ON record.id = name AND +record.call_id = name
      WHERE ${scope.where} AND ${plain}
    UNION ALL
    SELECT ${found} FROM retried CROSS JOIN usage_records AS record ON record.call_id = name AND record.call_id <> record.id
      WHERE ${scope.where} AND ${plain}`).all(...matches, ...matches, ...matches);
}

/** How many of these records are not the first of their call; with `of`, among those with one origin or the like. */
export function repeats(records: readonly Row[], of: (record: Row) => boolean = () => true): number {
  const matching = records.filter((record) => of(record));
  return matching.length - new Set(matching.map((record) => record['call_id'])).size;
}
