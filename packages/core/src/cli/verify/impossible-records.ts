import type { Prepare } from '../../storage/sqlite/connection.ts';
import { decodeText } from '../../storage/sqlite/text.ts';
import { tokenColumnNames } from '../../storage/sqlite/token-columns.ts';

/** Records that break one rule. */
export interface BrokenRule {
  /** What is wrong with them, to be read after their number. */
  readonly problem: string;
  readonly count: number;
  /** Some of their ids. */
  readonly ids: readonly string[];
}

const shownIds = 5;

const parts = [
  ['cache_read_input_tokens', 'input_tokens'],
  ['cache_write_input_tokens', 'input_tokens'],
  ['audio_input_tokens', 'input_tokens'],
  ['reasoning_output_tokens', 'output_tokens'],
  ['audio_output_tokens', 'output_tokens'],
] as const;
const isCall = `kind = 'usage'`;

// An unknown count is NULL, and a comparison with NULL is no finding.
const rules: readonly (readonly [problem: string, condition: string])[] = [
  ['have a negative count', `${isCall} AND (${tokenColumnNames.map((column) => `${column} < 0`).join(' OR ')})`],
  [
    'have a count that is no whole number',
    tokenColumnNames
      .filter((column) => column !== 'audio_seconds')
      .map((column) => `typeof(${column}) NOT IN ('integer', 'null')`)
      .join(' OR '),
  ],
  ['have a part above its whole', `${isCall} AND (${parts.map(([part, whole]) => `${part} > ${whole}`).join(' OR ')})`],
  ['have a total below input and output', `${isCall} AND total_tokens < input_tokens + output_tokens`],
  ['have counts though none were to be had', `origin IN ('missing', 'none') AND ${isCall} AND total_tokens > 0`],
  ['have a negative cost', `${isCall} AND (pico_usd < 0 OR computed_pico_usd < 0)`],
  ['have a cost without a price, or a price without a cost', `(cost_basis = 'unpriced') <> (pico_usd IS NULL)`],
  ['are marked as priced and are not, or the other way round', `unpriced <> (${isUnpricedSql()})`],
  ['have an attempt below 1', 'attempt < 1'],
  ['have usage that is no JSON', 'raw_usage IS NOT NULL AND NOT json_valid(raw_usage)'],
];

/** Goes through all records once per rule. */
export function impossibleRecords(prepare: Prepare): readonly BrokenRule[] {
  const broken: BrokenRule[] = [];
  for (const [problem, condition] of rules) {
    const count = Number(prepare(`SELECT count(*) AS n FROM usage_records WHERE ${condition}`).get()?.['n']);
    if (count === 0) continue;
    const rows = prepare(`SELECT id FROM usage_records WHERE ${condition} ORDER BY seq LIMIT ${shownIds}`).all();
    broken.push({ problem, count, ids: rows.map(({ id }) => decodeText(String(id))) });
  }
  return broken;
}

/** The same rule as `isUnpriced` of the storage. */
function isUnpricedSql(): string {
  return `pico_usd IS NULL AND (${tokenColumnNames.map((column) => `coalesce(${column}, 0) <> 0`).join(' OR ')})`;
}
