import { textWidth, visible } from '@kilotoken/core/store-kit';

/** Rows as text in columns: the first to the left, numbers to the right. */
export function textTable(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const rows = lines.map((cells) => cells.map(visible));
  const widths = head.map((title, column) =>
    rows.reduce((most, row) => Math.max(most, textWidth(row[column] ?? '')), title.length),
  );
  const space = (cell: string, column: number): string =>
    ' '.repeat(Math.max(0, (widths[column] ?? 0) - textWidth(cell)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell + space(cell, column) : space(cell, column) + cell))
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map((row) => line(row))].join('\n');
}
