import { aStore, isReadableStore } from '../../storage/is-store.ts';
import { timeBuckets } from '../../storage/time-buckets.ts';
import type { UsageStore, UsageTotals } from '../../storage/usage-store.ts';
import { checkNames, isInstant, wrongField, wrongOption } from '../../wrong-option.ts';
import { withoutUndefined } from '../../without-undefined.ts';
import { costAmount } from '../cost-amount.ts';
import type { CostAmount } from '../cost-amount.ts';
import { readLastReply } from './last-reply.ts';
import type { LastReply } from './last-reply.ts';
import { shownCount, usageCounts } from '../usage-counts.ts';
import type { UsageCounts } from '../usage-counts.ts';
import { usageDays } from './usage-days.ts';
import type { UsageDay } from './usage-days.ts';
import { areExposures, isExposed } from '../usage-exposure.ts';
import type { UsageExposure } from '../usage-exposure.ts';
import { usageModels } from './usage-models.ts';
import type { UsageModel } from './usage-models.ts';
import { resolvePeriod } from './usage-period.ts';
import type { PeriodKind, PeriodSpan, ResolvedPeriod, SnapshotPeriod } from './usage-period.ts';
import { checkQuota, quotaState } from './usage-quota.ts';
import type { QuotaState, UsageQuota } from './usage-quota.ts';
import { checkSubject } from '../usage-subject.ts';
import type { UsageSubject } from '../usage-subject.ts';

/**
 * A user's usage as the browser receives it: the answer of `usageHandler`, or a field of the app's own profile response. Plain JSON.
 * Contains only token counts, unless the app exposes more.
 *
 * @example
 * ```ts
 * const { total, counts, rev } = (await (await fetch('/api/usage')).json()) as UsageSnapshot;
 * ```
 */
export interface UsageSnapshot {
  /** Version of this shape. */
  readonly v: 1;
  /** Ever-growing count of the user's stored records: of two snapshots, the one with the higher `rev` is newer. */
  readonly rev: number;
  /** ISO 8601 instant at which it was read. */
  readonly asOf: string;
  /** The period of the numbers. Empty: all time. */
  readonly period: SnapshotPeriod;
  /** Tokens of the period, including estimates. */
  readonly total: number;
  /** The total in parts. */
  readonly counts: UsageCounts & { readonly input: number; readonly output: number };
  /** Estimated tokens of the total; absent if there are none. */
  readonly estimated?: number;
  /** Only with `expose: ['cost']`; also absent if no call has a price. */
  readonly cost?: CostAmount;
  /** Only if the app set a quota. */
  readonly quota?: QuotaState;
  /** The newest reply, if requested. */
  readonly last?: LastReply;
  /** Only with `expose: ['models']`: the period by model, most tokens first. */
  readonly models?: readonly UsageModel[];
  /** The last days, oldest first and without gaps, if requested. They may begin before the period. */
  readonly days?: readonly UsageDay[];
}

/** Options of {@link usageSnapshot}. */
export interface SnapshotOptions {
  /** What a browser may see beyond token counts. Default: nothing. */
  readonly expose?: readonly UsageExposure[];
  /** The period to sum up: `all`, the current `day` or `month`, or a span of your own. Default `all`. */
  readonly period?: PeriodKind | PeriodSpan;
  /** IANA name of the time zone in which days and months begin. Default `UTC`. */
  readonly timeZone?: string;
  /** How much the user may spend in the period. Default: no quota. */
  readonly quota?: UsageQuota;
  /** How many days to list, including today, 0 to 366. Default 0: no `days`. */
  readonly days?: number;
  /** Adds the newest reply. Default false. */
  readonly last?: boolean;
  /** Returns the current time. Default: the system clock. */
  readonly clock?: () => Date;
}

/** Most days a snapshot has: a leap year. */
export const maxSnapshotDays = 366;

/** Says whether a snapshot can have so many days. */
export function isDayCount(days: unknown): days is number {
  return Number.isInteger(days) && (days as number) >= 0 && (days as number) <= maxSnapshotDays;
}

/**
 * Reads a user's usage in the shape that browsers receive, for a profile response, or as the initial data of a server-rendered page.
 * `usageHandler` serves the same over HTTP.
 *
 * @param store - Where the records are.
 * @param subject - Whose usage to read. Never take it from what a browser sent.
 * @throws MeterError `invalid_options` for a wrong option or subject; the message names it. Errors of the store are passed on.
 *
 * @example
 * ```ts
 * const usage = await usageSnapshot(store, { userId: user.id }, { period: 'month', timeZone: 'Europe/Berlin' });
 * ```
 */
export async function usageSnapshot(
  store: UsageStore,
  subject: UsageSubject,
  options: SnapshotOptions = {},
): Promise<UsageSnapshot> {
  checkOptions(store, options);
  const { expose = [], timeZone = 'UTC', quota, clock = () => new Date() } = options;
  if (quota !== undefined) checkQuota('usageSnapshot', quota, expose);
  const now = readClock('usageSnapshot', clock);
  const period = resolvePeriod(options.period ?? 'all', timeZone, now);
  return readSnapshot(store, checkSubject('usageSnapshot', subject), {
    expose,
    period,
    quota: quota === undefined ? undefined : { quota, range: period.range },
    days: options.days ?? 0,
    daysTimeZone: timeZone,
    last: options.last ?? false,
    now,
  });
}

const known = ['expose', 'period', 'timeZone', 'quota', 'days', 'last', 'clock'];

function checkOptions(store: UsageStore, options: SnapshotOptions): void {
  if (!isReadableStore(store)) throw wrongField('usageSnapshot: store', aStore, store);
  checkNames('usageSnapshot', '{ expose, period, … }', options, known);
  const { expose = [], timeZone, last } = options;
  if (!areExposures(expose)) throw wrongOption('usageSnapshot', 'expose', 'a list of "cost" and "models"', expose);
  if (last !== undefined && typeof last !== 'boolean')
    throw wrongOption('usageSnapshot', 'last', 'true or false', last);
  // Throws where there is no such zone, also if nothing is going to be cut by it.
  timeBuckets('day', timeZone);
}

/** The time to read a snapshot at. */
export function readClock(owner: string, clock: () => Date): Date {
  const now: unknown = typeof clock === 'function' ? clock() : undefined;
  if (!isInstant(now)) throw wrongOption(owner, 'clock', 'a function that returns a valid Date', now ?? clock);
  return now;
}

/** A snapshot's question with nothing left open. */
export interface SnapshotPlan {
  readonly expose: readonly UsageExposure[];
  readonly period: ResolvedPeriod;
  /** A checked quota, and what it is counted over. */
  readonly quota: { readonly quota: UsageQuota; readonly range: ResolvedPeriod['range'] } | undefined;
  readonly days: number;
  readonly daysTimeZone: string;
  readonly last: boolean;
  readonly now: Date;
}

/** Asks the store. `subject` must be checked. */
export async function readSnapshot(
  store: UsageStore,
  subject: UsageSubject,
  plan: SnapshotPlan,
): Promise<UsageSnapshot> {
  const { expose, period, days, now } = plan;
  if (!isDayCount(days)) {
    throw wrongField('days', `a whole number from 0 to ${maxSnapshotDays}`, days);
  }
  // Totals first: whatever is read after them is at least as new as the rev they carry.
  const totals = await readTotals(store, subject, period.range);
  const isComplete = totals.unpricedCalls === 0;
  const priceOf = (picoUsd: bigint, isWhole = isComplete): CostAmount | undefined =>
    isExposed(expose, 'cost') ? costAmount(picoUsd, isWhole) : undefined;
  const estimated = shownCount(totals.byOrigin.estimated?.tokens.totalTokens ?? 0);
  const counts = usageCounts(totals.tokens);
  return withoutUndefined<UsageSnapshot>({
    v: 1,
    rev: totals.rev,
    asOf: now.toISOString(),
    period: period.shown,
    total: shownCount(totals.tokens.totalTokens),
    counts: { ...counts, input: counts.input ?? 0, output: counts.output ?? 0 },
    estimated: estimated === 0 ? undefined : estimated,
    cost: priceOf(totals.picoUsd),
    quota: await readQuota(store, subject, plan, totals),
    last: plan.last ? await readLastReply(store, subject, priceOf) : undefined,
    models: isExposed(expose, 'models') ? await usageModels(store, subject, period.range, priceOf) : undefined,
    days:
      days === 0
        ? undefined
        : await usageDays(
            store,
            subject,
            { count: days, timeZone: plan.daysTimeZone, now },
            isExposed(expose, 'cost') ? priceOf : undefined,
          ),
  });
}

async function readQuota(
  store: UsageStore,
  subject: UsageSubject,
  { quota: asked, period }: SnapshotPlan,
  totals: UsageTotals,
): Promise<QuotaState | undefined> {
  if (asked === undefined) return undefined;
  const { quota, range } = asked;
  const counted = quota.used !== undefined || range === period.range ? totals : await readTotals(store, subject, range);
  return quotaState(quota, { totalTokens: counted.tokens.totalTokens, picoUsd: counted.picoUsd });
}

function readTotals(store: UsageStore, subject: UsageSubject, range: ResolvedPeriod['range']): Promise<UsageTotals> {
  const isWhole = subject.tenantId === undefined && range.from === undefined && range.to === undefined;
  if (isWhole && store.userTotals !== undefined) return store.userTotals(subject.userId);
  return store.totals({ ...subject, ...range });
}
