import { tokenUsageFields } from '../../normalize/token-usage.ts';
import type { ReportSplit, ReportSums, UsageReport } from './usage-report.ts';
import { usdText } from './usd-text.ts';

const keyNames = { day: 'day', user: 'userId', tenant: 'tenantId', model: 'model' } as const satisfies Record<
  ReportSplit,
  string
>;

/** The report as one JSON document; money as decimal text, in dollars and in pico-dollars. */
export function reportJson(report: UsageReport): string {
  const { by, from, to, timeZone, rows, totals, origins } = report;
  const document = {
    by,
    from: from?.toISOString(),
    to: to?.toISOString(),
    timeZone,
    rows: rows.map((row) => ({ [keyNames[by]]: row.key, ...jsonSums(row) })),
    totals: jsonSums(totals),
    byOrigin: Object.fromEntries(
      origins.map(({ origin, calls, tokens, picoUsd }) => [
        origin,
        { calls, tokens, picoUsd: String(picoUsd), costUsd: usdText(picoUsd) },
      ]),
    ),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/**
 * The rows as comma-separated values with a line of names; an unknown count or cost is empty, not 0. Names that a
 * spreadsheet would run as a formula get an apostrophe in front: users may have chosen them.
 */
export function reportCsv({ by, rows }: UsageReport): string {
  const names = [keyNames[by], 'calls', ...tokenUsageFields, 'costUsd', 'picoUsd', 'unpricedCalls'];
  const lines = rows.map((row) => [
    harmless(row.key ?? ''),
    row.calls,
    ...tokenUsageFields.map((field) => row.tokens[field] ?? ''),
    ...(isCostKnown(row) ? [usdText(row.picoUsd), row.picoUsd] : ['', '']),
    row.unpricedCalls,
  ]);
  return [names, ...lines].map((cells) => `${cells.map((cell) => csvCell(String(cell))).join(',')}\n`).join('');
}

function jsonSums(sums: ReportSums): object {
  const { calls, tokens, picoUsd, unpricedCalls } = sums;
  const cost = isCostKnown(sums) ? { picoUsd: String(picoUsd), costUsd: usdText(picoUsd) } : {};
  return { calls, tokens, ...cost, unpricedCalls };
}

/** False where nothing has a price: that is not the same as free. */
export function isCostKnown({ picoUsd, unpricedCalls }: ReportSums): boolean {
  return picoUsd !== 0n || unpricedCalls === 0;
}

function harmless(name: string): string {
  const isNumber = /^[+-]?\d+$/.test(name);
  return /^[=+\-@\t\r]/.test(name) && !isNumber ? `'${name}` : name;
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
