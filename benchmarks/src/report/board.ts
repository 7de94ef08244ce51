import type { Row } from '../runner/results.ts';
import { boardChart } from './board-chart.ts';
import type { BoardCell } from './board-chart.ts';
import { markdownTable, picture } from './markdown.ts';
import type { Theme } from './theme.ts';

/** Who records what, in words and as a drawing, which is added to the others. */
export function boardSection(rows: readonly Row[], drawings: Record<string, (theme: Theme) => string>): string {
  const [first] = rows;
  if (first === undefined) return '';
  const columns = Object.keys(first).filter((name) => name !== 'scenario' && name !== 'kind');
  drawings['board'] = (theme) =>
    boardChart(theme, {
      title: 'Who records the right tokens?',
      subtitle: '* the app sees something else than with the bare client',
      columns,
      rows: rows.map((row) => ({
        name: String(row['scenario']),
        cells: columns.map((column) => boardCell(String(row[column] ?? ''))),
      })),
    });
  const scores = columns.map((column) => `${column} ${rightOnes(rows, column)}`).join(', ');
  return [
    `Each way to use the client and each way for an answer to end was run, over sockets, against a provider that knows what it
counted, and what the app saw was compared with the bare client. Right, of ${rows.length}: ${scores}.`,
    picture('board', `Right, of ${rows.length}: ${scores}`),
    `_exact_: the provider's count, once. _estimate_: the answer was cut before its usage was sent, so nobody can know; the
record has an estimate and says that it is one. _no tokens_: there is a record, without counts. _nothing_: there is none.
The peers get what they need for a stream: the app asks for usage, except where the row says otherwise. The list of rows is
ours, of what apps do with this client; most peers record much besides tokens, which is not asked here.`,
    markdownTable(rows, { scenario: '', ...Object.fromEntries(columns.map((column) => [column, column])) }),
  ].join('\n\n');
}

/** A cell's words, short enough for the drawing, and what they come to. */
function boardCell(verdict: string): BoardCell {
  const [recorded = '', seen] = verdict.split('; ');
  if (seen === 'the call fails') return { mark: 'bad', text: 'call fails' };
  const cell = recordedCell(recorded);
  return seen === undefined ? cell : { mark: cell.mark === 'good' ? 'fair' : cell.mark, text: `${cell.text} *` };
}

/** How many scenarios a contestant gets right: `exact`, or `estimate, marked` where no more can be known. */
function rightOnes(rows: readonly Row[], contestant: string): number {
  return rows.filter((row) => /^(exact|estimate, marked)$/.test(String(row[contestant] ?? ''))).length;
}

function recordedCell(recorded: string): BoardCell {
  if (recorded === 'exact') return { mark: 'good', text: 'exact' };
  if (recorded === 'estimate, marked') return { mark: 'good', text: 'estimate' };
  if (recorded.startsWith('wrong')) return { mark: 'bad', text: 'wrong' };
  return { mark: 'none', text: recorded };
}
