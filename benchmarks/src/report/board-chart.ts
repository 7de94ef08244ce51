import { drawing, label } from './theme.ts';
import type { Theme } from './theme.ts';

/** What a cell of the board comes to. */
export interface BoardCell {
  readonly mark: 'good' | 'fair' | 'none' | 'bad';
  readonly text: string;
}

const left = 230;
const top = 84;
const stepX = 104;
const stepY = 26;

/** A grid of words on colours: nothing is told by colour alone. */
export function boardChart(
  theme: Theme,
  board: {
    readonly title: string;
    readonly subtitle: string;
    readonly columns: readonly string[];
    readonly rows: readonly { readonly name: string; readonly cells: readonly BoardCell[] }[];
  },
): string {
  const width = left + board.columns.length * stepX + 12;
  const columns = board.columns.map((name, column) =>
    label(left + column * stepX + stepX / 2, top - 10, name, {
      fill: theme.text,
      anchor: 'middle',
      bold: column === 0,
    }),
  );
  const rows = board.rows.map(({ name, cells }, row) => {
    const y = top + row * stepY;
    return [
      label(left - 12, y + 17, name, { fill: theme.text, anchor: 'end' }),
      ...cells.map(({ mark, text }, column) => {
        const x = left + column * stepX;
        return [
          `<rect x="${x + 1.5}" y="${y + 1.5}" width="${stepX - 3}" height="${stepY - 3}" rx="3" fill="${theme[mark]}"/>`,
          label(x + stepX / 2, y + 17, text, { fill: theme.text, anchor: 'middle', size: 12, bold: column === 0 }),
        ].join('\n');
      }),
    ].join('\n');
  });
  return drawing(
    theme,
    board.title,
    width,
    top + board.rows.length * stepY + 14,
    [
      label(16, 26, board.title, { fill: theme.text, size: 16, bold: true }),
      label(16, 46, board.subtitle, { fill: theme.faint }),
      ...columns,
      ...rows,
    ].join('\n'),
  );
}
