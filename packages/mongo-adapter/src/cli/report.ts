import { tokenUsageFields } from '@kilotoken/core';
import type { UsagePoint } from '@kilotoken/core';
import { addTokens, csvText, tokenTotals, usdText } from '@kilotoken/core/store-kit';
import type { TokenTotals } from '@kilotoken/core/store-kit';
import type { MongoStore } from '../mongo-store-type.ts';
import type { CliArguments } from './cli-arguments.ts';
import { textTable } from './text-table.ts';

/** One line of a report. */
export interface ReportLine {
  /** The id, the model, the date; absent where the records have none. */
  readonly group?: string;
  readonly calls: number;
  readonly tokens: TokenTotals;
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
  const lines = new Map<string | undefined, ReportLine>();
  for (const point of points) {
    const group = isSpan ? dateOf(point.at, timeZone, by) : groupOf(point, by);
    const line = lines.get(group);
    const tokens = { ...line?.tokens };
    addTokens(tokens, point.tokens);
    lines.set(group, {
      ...(group === undefined ? {} : { group }),
      // A call whose attempts lie in two months counts in both.
      calls: (line?.calls ?? 0) + point.calls,
      tokens: tokenTotals(tokens),
      picoUsd: (line?.picoUsd ?? 0n) + point.picoUsd,
    });
  }
  const all = [...lines.values()];
  return isSpan ? all : all.toSorted((a, b) => b.tokens.totalTokens - a.tokens.totalTokens);
}

/** The lines as a table. */
export function reportTable(lines: readonly ReportLine[], by: string): string {
  const number = new Intl.NumberFormat('en-US');
  return textTable(
    [by, 'calls', 'input', 'output', 'total', 'USD'],
    lines.map((line) => {
      const { inputTokens, outputTokens, totalTokens } = line.tokens;
      const counts = [line.calls, inputTokens, outputTokens, totalTokens].map((value) => number.format(value));
      return [nameOf(line), ...counts, isCostKnown(line) ? usd(line.picoUsd) : '–'];
    }),
  );
}

/** One line for programs. */
export function reportJson(line: ReportLine): object {
  const { inputTokens, outputTokens, totalTokens } = line.tokens;
  return { group: nameOf(line), calls: line.calls, inputTokens, outputTokens, totalTokens, picoUsd: line.picoUsd };
}

const keyNames = { user: 'userId', model: 'model', tenant: 'tenantId', day: 'day', month: 'month' };

/** The lines as comma-separated values; an unknown count or cost is empty, not 0. */
export function reportCsv(lines: readonly ReportLine[], by: CliArguments['by']): string {
  return csvText(
    [keyNames[by], 'calls', ...tokenUsageFields, 'costUsd', 'picoUsd'],
    lines.map((line) => [
      line.group ?? '',
      line.calls,
      ...tokenUsageFields.map((field) => line.tokens[field] ?? ''),
      ...(isCostKnown(line) ? [usdText(line.picoUsd), line.picoUsd] : ['', '']),
    ]),
  );
}

function nameOf({ group }: ReportLine): string {
  return group ?? '(none)';
}

/** A series does not tell what is free from what has no known price. */
function isCostKnown({ picoUsd, tokens }: ReportLine): boolean {
  return picoUsd !== 0n || tokens.totalTokens <= 0;
}

function groupOf(point: UsagePoint, by: CliArguments['by']): string | undefined {
  return by === 'model' ? point.model : by === 'tenant' ? point.tenantId : point.userId;
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
