import { fitText, textWidth, visible, widest, wrapText } from '../terminal-text.ts';
import type { TerminalStyle } from '../terminal-style.ts';
import { isCostKnown } from './report-data.ts';
import { textTable } from './text-table.ts';
import type { TableColumn } from './text-table.ts';
import type { ReportRow, ReportSums, UsageReport } from './usage-report.ts';
import { usdPlaces, usdText } from '../../usd-text.ts';

const titles = { day: 'Day', month: 'Month', user: 'User', tenant: 'Tenant', model: 'Model' } as const;
const originOrder = ['reported', 'drained', 'recovered', 'estimated', 'missing', 'none'];
/** A date fits. */
const leastLabelWidth = 10;
/** Cents, also where there are none. */
const leastPlaces = 2;

/** The report for people: a table, where the counts come from, and a chart. Shows the first `top` rows. */
export function reportText(report: UsageReport, top: number, style: TerminalStyle): string {
  const { rows, totals } = report;
  if (totals.calls === 0) return `No usage ${period(report)}.\n`;
  const shown = rows.slice(0, top);
  const hidden = rows.length - shown.length;
  return [
    ...wrapText(`Usage by ${report.by}, ${period(report)}`, style.width).map(style.bold),
    '',
    ...usageTable(report, shown, style),
    ...(hidden > 0 ? note(`and ${number(hidden)} more, in the total; --top ${rows.length} shows all`, style) : []),
    ...lowerBound(totals, style),
    '',
    ...originTable(report, style),
    '',
    ...chart(report, shown, style),
    '',
  ].join('\n');
}

function usageTable(report: UsageReport, shown: readonly ReportRow[], style: TerminalStyle): string[] {
  const all: readonly ReportSums[] = [...shown, report.totals];
  const cost = costText(all);
  const columns: TableColumn<ReportSums & { readonly label: string }>[] = [
    { title: titles[report.by], align: 'left', cell: ({ label }) => label, leastWidth: leastLabelWidth },
    { title: 'Calls', align: 'right', cell: ({ calls }) => number(calls), rank: 1 },
    { title: 'Input', align: 'right', cell: ({ tokens }) => number(tokens.inputTokens), rank: 2 },
    { title: 'Output', align: 'right', cell: ({ tokens }) => number(tokens.outputTokens), rank: 2 },
    { title: 'Tokens', align: 'right', cell: ({ tokens }) => number(tokens.totalTokens) },
    { title: 'Cost, USD', align: 'right', cell: cost },
  ];
  const rows = shown.map((row) => ({ ...row, label: rowLabel(report, row) }));
  return textTable(columns, rows, { ...report.totals, label: 'Total' }, style);
}

function originTable({ origins, totals }: UsageReport, style: TerminalStyle): string[] {
  const share = (tokens: number): string =>
    totals.tokens.totalTokens <= 0 ? '' : `${((100 * tokens) / totals.tokens.totalTokens).toFixed(1)}%`;
  const rows = origins.toSorted((a, b) => originOrder.indexOf(a.origin) - originOrder.indexOf(b.origin));
  return textTable(
    [
      { title: 'Counts are', align: 'left', cell: ({ origin }) => visible(origin) },
      { title: 'Calls', align: 'right', cell: ({ calls }) => number(calls) },
      { title: 'Tokens', align: 'right', cell: ({ tokens }) => number(tokens.totalTokens) },
      { title: 'Share', align: 'right', cell: ({ tokens }) => share(tokens.totalTokens), rank: 1 },
    ],
    rows,
    undefined,
    style,
  );
}

function chart(report: UsageReport, shown: readonly ReportRow[], style: TerminalStyle): string[] {
  const most = shown.reduce((highest, { tokens }) => Math.max(highest, tokens.totalTokens), 0);
  if (most === 0) return [];
  const labels = shown.map((row) => rowLabel(report, row));
  const figures = shown.map(({ tokens }) => number(tokens.totalTokens));
  const figureWidth = widest(figures);
  const labelWidth = Math.min(widest(labels), Math.max(leastLabelWidth, Math.floor(style.width / 3)));
  const barWidth = Math.max(1, style.width - labelWidth - figureWidth - 4);
  const bars = shown.map(({ tokens }, index) => {
    const part = Math.max(0, tokens.totalTokens) / most;
    // The least there is still shows: a blank would read as none.
    const bar = style.bar(part === 0 ? 0 : Math.max(style.bar(1) === '' ? 8 : 1, Math.round(part * barWidth * 8)));
    const label = fitText(labels[index] ?? '', labelWidth, 'left', style.ellipsis);
    return `${label}  ${style.accent(bar)}${' '.repeat(barWidth - textWidth(bar))}  ${(figures[index] ?? '').padStart(figureWidth)}`;
  });
  return [style.bold(`Tokens by ${report.by}`), ...bars];
}

/** One number of places for all, so that the points stand below each other. */
function costText(all: readonly ReportSums[]): (sums: ReportSums) => string {
  const places = all.reduce((most, { picoUsd }) => Math.max(most, usdPlaces(picoUsd)), leastPlaces);
  const mark = all.some(({ unpricedCalls }) => unpricedCalls > 0) ? ' ' : '';
  return (sums) => {
    const { picoUsd, unpricedCalls } = sums;
    if (!isCostKnown(sums)) return 'unpriced*';
    return grouped(usdText(picoUsd, places)) + (unpricedCalls > 0 ? '*' : mark);
  };
}

function lowerBound({ unpricedCalls }: ReportSums, style: TerminalStyle): string[] {
  if (unpricedCalls === 0) return [];
  const calls = unpricedCalls === 1 ? '1 call has' : `${number(unpricedCalls)} calls have`;
  return note(`* ${calls} tokens and no known price: the cost is a lower bound.`, style);
}

function note(text: string, { dim, width }: TerminalStyle): string[] {
  return wrapText(text, width).map(dim);
}

function rowLabel({ by }: UsageReport, { key }: ReportRow): string {
  return key === undefined ? `(no ${by})` : visible(key);
}

function period({ from, to, timeZone }: UsageReport): string {
  const zone = `(${timeZone})`;
  if (from === undefined && to === undefined) return `all time ${zone}`;
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  const text = (at: Date): string => format.format(at).replace(/ 00:00$/, '');
  const since = from === undefined ? '' : `from ${text(from)}`;
  const until = to === undefined ? '' : `before ${text(to)}`;
  return [since, until, zone].filter((part) => part !== '').join(' ');
}

function number(value: number): string {
  return grouped(String(value));
}

/** Commas between thousands, in the whole part only. */
function grouped(decimal: string): string {
  return decimal.replace(/^-?\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ','));
}
