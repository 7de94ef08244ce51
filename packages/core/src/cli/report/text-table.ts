import { fitText, widest } from '../terminal-text.ts';
import type { TerminalStyle } from '../terminal-style.ts';

/** One column of a table. */
export interface TableColumn<Row> {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Where the width does not suffice, the columns with the highest rank go first; without rank they stay. */
  readonly rank?: number;
  /** The first column is cut no further than this. Default 6. */
  readonly leastWidth?: number;
  cell(row: Row): string;
}

const defaultLeastWidth = 6;

/**
 * Lines of a table that fits the terminal: columns of numbers go by rank, then the first column is cut. Numbers are never
 * cut: a wrapped line is better than a wrong number.
 */
export function textTable<Row>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
  total: Row | undefined,
  style: TerminalStyle,
): string[] {
  const all = total === undefined ? rows : [...rows, total];
  let kept = columns.map((column) => {
    const cells = all.map((row) => column.cell(row));
    return { ...column, cells, width: widest([column.title, ...cells]) };
  });
  let gap = '  ';
  const tooWide = (): number =>
    kept.reduce((sum, { width }) => sum + width, 0) + gap.length * (kept.length - 1) - style.width;
  const [first] = kept;
  if (first === undefined) return [];
  const leastWidth = Math.min(first.width, first.leastWidth ?? defaultLeastWidth);
  for (;;) {
    const highest = Math.max(...kept.map(({ rank }) => rank ?? 0));
    // The first column gives way a little before others go.
    if (highest === 0 || tooWide() <= Math.max(0, first.width - 2 * leastWidth)) break;
    kept = kept.filter(({ rank }) => rank !== highest);
  }
  if (first.width - tooWide() < leastWidth) gap = ' ';
  first.width = Math.max(leastWidth, first.width - Math.max(0, tooWide()));
  const line = (cell: (column: (typeof kept)[number]) => string): string =>
    kept
      .map((column) => fitText(cell(column), column.width, column.align, style.ellipsis))
      .join(gap)
      .trimEnd();
  const body = all.map((_, index) => line(({ cells }) => cells[index] ?? ''));
  const rule = style.dim(style.rule.repeat(style.width + Math.min(0, tooWide())));
  const head = style.dim(line(({ title }) => title));
  if (total === undefined) return [head, ...body];
  return [head, rule, ...body.slice(0, -1), rule, style.bold(body.at(-1) ?? '')];
}
