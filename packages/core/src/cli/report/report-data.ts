import { tokenUsageFields } from '../../normalize/token-usage.ts';
import { csvText } from './csv-text.ts';
import type { ReportSplit, ReportSums, UsageReport } from './usage-report.ts';
import { usdText } from '../../usd-text.ts';

const keyNames = {
  day: 'day',
  month: 'month',
  user: 'userId',
  tenant: 'tenantId',
  model: 'model',
} as const satisfies Record<ReportSplit, string>;

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

/** The rows as comma-separated values; an unknown count or cost is empty, not 0. */
export function reportCsv({ by, rows }: UsageReport): string {
  return csvText(
    [keyNames[by], 'calls', ...tokenUsageFields, 'costUsd', 'picoUsd', 'unpricedCalls'],
    rows.map((row) => [
      row.key ?? '',
      row.calls,
      ...tokenUsageFields.map((field) => row.tokens[field] ?? ''),
      ...(isCostKnown(row) ? [usdText(row.picoUsd), row.picoUsd] : ['', '']),
      row.unpricedCalls,
    ]),
  );
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
