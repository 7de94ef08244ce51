import type { Row } from '../runner/results.ts';
import { figure } from './figure.ts';

/** Rows as a Markdown table: words left, figures right. Columns are those of the first row that has most of them. */
export function markdownTable(rows: readonly Row[], columns?: Readonly<Record<string, string>>): string {
  const widest = rows.reduce<Row>((most, row) => (Object.keys(row).length > Object.keys(most).length ? row : most), {});
  const shown = columns ?? Object.fromEntries(Object.keys(widest).map((name) => [name, name === 'what' ? '' : name]));
  const names = Object.keys(shown);
  const isFigure = (name: string): boolean => rows.some((row) => typeof row[name] === 'number');
  return [
    line(names.map((name) => shown[name] ?? name)),
    line(names.map((name) => (isFigure(name) ? '---:' : '---'))),
    ...rows.map((row) => line(names.map((name) => cellText(row[name])))),
  ].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function cellText(cell: Row[string] | undefined): string {
  if (cell === undefined) return '';
  if (typeof cell === 'number') return figure(cell);
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  return cell.replaceAll('|', '\\|');
}

/** An image in two coats, of which the page shows the one that suits its reader. */
export function picture(name: string, description: string): string {
  return [
    '<picture>',
    `  <source media="(prefers-color-scheme: dark)" srcset="images/benchmarks/${name}-dark.svg">`,
    `  <img alt="${description}" src="images/benchmarks/${name}-light.svg">`,
    '</picture>',
  ].join('\n');
}
