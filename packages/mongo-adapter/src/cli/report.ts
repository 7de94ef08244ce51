import type { UsagePoint } from '@kilotoken/core';
import type { MongoStore } from '../mongo-store-type.ts';
import type { CliArguments } from './cli-arguments.ts';
import { textTable } from './text-table.ts';

/** One line of a report. */
export interface ReportLine {
  readonly group: string;
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly picoUsd: bigint;
}

/** Sums of the asked span by the asked group, the largest first; days and months in their order. */
export async function reportLines(
  store: MongoStore,
  { by, user, from, to, timeZone }: CliArguments,
): Promise<ReportLine[]> {
  const isSpan = by === 'day' || by === 'month';
  const points = await store.series({
    bucket: by === 'day' ? 'day' : 'month',
    timeZone,
    ...(isSpan ? {} : { by }),
    ...(user === undefined ? {} : { userId: user }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  });
  const lines = new Map<string, ReportLine>();
  for (const point of points) {
    const group = isSpan ? dateOf(point.at, timeZone, by) : groupOf(point, by);
    const line = lines.get(group);
    lines.set(group, {
      group,
      // A call whose attempts lie in two months counts in both.
      calls: (line?.calls ?? 0) + point.calls,
      inputTokens: (line?.inputTokens ?? 0) + point.tokens.inputTokens,
      outputTokens: (line?.outputTokens ?? 0) + point.tokens.outputTokens,
      totalTokens: (line?.totalTokens ?? 0) + point.tokens.totalTokens,
      picoUsd: (line?.picoUsd ?? 0n) + point.picoUsd,
    });
  }
  const all = [...lines.values()];
  return isSpan ? all : all.toSorted((a, b) => b.totalTokens - a.totalTokens);
}

/** The lines as a table. */
export function reportTable(lines: readonly ReportLine[], by: string): string {
  const number = new Intl.NumberFormat('en-US');
  return textTable(
    [by, 'calls', 'input', 'output', 'total', 'USD'],
    lines.map((line) => [
      line.group,
      ...[line.calls, line.inputTokens, line.outputTokens, line.totalTokens].map((value) => number.format(value)),
      // A series does not tell what is free from what has no known price.
      line.picoUsd === 0n && line.totalTokens > 0 ? '–' : usd(line.picoUsd),
    ]),
  );
}

function groupOf(point: UsagePoint, by: CliArguments['by']): string {
  const group = by === 'model' ? point.model : by === 'tenant' ? point.tenantId : point.userId;
  return group ?? '(none)';
}

function dateOf(at: Date, timeZone: string, by: 'day' | 'month'): string {
  const date = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(at);
  return by === 'month' ? date.slice(0, 7) : date;
}

/** Dollars with four digits, rounded half up; whole arithmetic to the last digit. */
function usd(picoUsd: bigint): string {
  const sign = picoUsd < 0n ? '-' : '';
  const units = ((picoUsd < 0n ? -picoUsd : picoUsd) + 50_000_000n) / 100_000_000n;
  return `${sign}${units / 10_000n}.${String(units % 10_000n).padStart(4, '0')}`;
}
