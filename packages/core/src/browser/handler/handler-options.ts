import { aStore, isReadableStore } from '../../storage/is-store.ts';
import { timeBuckets } from '../../storage/time-buckets.ts';
import type { UsageStore } from '../../storage/usage-store.ts';
import { checkNames, wrongOption } from '../../wrong-option.ts';
import { areExposures } from '../usage-exposure.ts';
import type { UsageExposure } from '../usage-exposure.ts';
import { periodKinds } from '../snapshot/usage-period.ts';
import type { PeriodKind, PeriodSpan } from '../snapshot/usage-period.ts';
import { checkQuota } from '../snapshot/usage-quota.ts';
import type { UsageQuota } from '../snapshot/usage-quota.ts';
import { isDayCount, maxSnapshotDays } from '../snapshot/usage-snapshot.ts';
import type { UsageSubject } from '../usage-subject.ts';

/**
 * Options of `usageHandler`. `store` and `authenticate` are required.
 *
 * @example
 * ```ts
 * const options: UsageHandlerOptions = {
 *   store,
 *   authenticate: async (request) => {
 *     const user = await sessionUser(request.headers.get('cookie'));
 *     return user === undefined ? null : { userId: user.id };
 *   },
 *   period: 'month',
 *   quota: { limit: 2_000_000 },
 * };
 * ```
 */
export interface UsageHandlerOptions<Source = unknown> {
  /** Where the records are. */
  readonly store: UsageStore;
  /**
   * Returns the user whose usage this request may see, from the app's own session. With one of the adapters, `source` is the
   * framework's request (Express and Fastify: the request; Hono: the context). If it returns nothing, something else than a
   * user, or throws, the answer is 401.
   */
  readonly authenticate: (request: Request, source: Source) => MaybePromise<UsageSubject | null | undefined>;
  /** What a browser may see beyond token counts. Default: nothing. */
  readonly expose?: readonly UsageExposure[];
  /**
   * The period to sum up: `all`, the current `day` or `month` in `timeZone`, or a function that returns a span of the user's own, such
   * as that of a plan. Default `all`. A browser may ask for another with `?period=`.
   */
  readonly period?: PeriodKind | ((subject: UsageSubject, now: Date) => MaybePromise<PeriodKind | PeriodSpan>);
  /** IANA name of the zone in which days and months begin. Default `UTC`. */
  readonly timeZone?: string;
  /**
   * How much a user may spend in the period of the option `period`, whichever period the browser asks to see. Default: no quota.
   * If the function throws, the snapshot has no quota, and `onError` is called.
   */
  readonly quota?: UsageQuota | ((subject: UsageSubject) => MaybePromise<UsageQuota | null | undefined>);
  /** How many days to list, including today, 0 to 366. Default 0: none. A browser may ask for another number with `?days=`. */
  readonly days?: number;
  /** Adds the newest reply. Default false. */
  readonly last?: boolean;
  /** The only path to answer; every other path gets 404. For servers without a router. Default: any path. */
  readonly path?: string;
  /** How long reading the usage may take, in milliseconds; after that the answer is 503. Default 10 000. */
  readonly timeoutMs?: number;
  /** Returns the current time. Default: the system clock. */
  readonly clock?: () => Date;
  /**
   * Called with what `authenticate`, `period`, `quota` or the store threw, and with what is wrong with a user that `authenticate`
   * returned, such as a numeric id. The browser gets only the status. Default: none.
   */
  readonly onError?: (error: unknown, request: Request) => void;
}

/** A value, or a promise of it. */
export type MaybePromise<Value> = Value | Promise<Value>;

/** Options with their defaults. */
export type ResolvedHandlerOptions<Source> = UsageHandlerOptions<Source> &
  Required<
    Pick<
      UsageHandlerOptions<Source>,
      'expose' | 'period' | 'timeZone' | 'days' | 'last' | 'timeoutMs' | 'clock' | 'onError'
    >
  >;

const known = [
  'store',
  'authenticate',
  'expose',
  'period',
  'timeZone',
  'quota',
  'days',
  'last',
  'path',
  'timeoutMs',
  'clock',
  'onError',
];

/**
 * Fills in the defaults.
 *
 * @throws {@link MeterError} `invalid_options`, naming the first option that is unknown or wrong.
 */
export function resolveHandlerOptions<Source>(options: UsageHandlerOptions<Source>): ResolvedHandlerOptions<Source> {
  checkNames('usageHandler', '{ store, authenticate }', options, known);
  const resolved = {
    ...options,
    expose: options.expose ?? [],
    period: options.period ?? 'all',
    timeZone: options.timeZone ?? 'UTC',
    days: options.days ?? 0,
    last: options.last ?? false,
    timeoutMs: options.timeoutMs ?? 10_000,
    clock: options.clock ?? (() => new Date()),
    onError: options.onError ?? (() => {}),
  };
  const { store, authenticate, expose, period, timeZone, quota, days, last, path, timeoutMs, clock, onError } =
    resolved;
  const demand = (name: keyof typeof resolved, isRight: boolean, expected: string): void => {
    if (!isRight) throw wrongOption('usageHandler', name, expected, resolved[name]);
  };
  demand('store', isReadableStore(store), aStore);
  demand('authenticate', typeof authenticate === 'function', 'a function');
  demand('expose', areExposures(expose), 'a list of "cost" and "models"');
  demand(
    'period',
    typeof period === 'function' || periodKinds.includes(period),
    `a function or one of ${periodKinds.map((kind) => `"${kind}"`).join(', ')}`,
  );
  demand('days', isDayCount(days), `a whole number from 0 to ${maxSnapshotDays}`);
  demand('last', typeof last === 'boolean', 'true or false');
  demand('path', path === undefined || /^\/[^?#]*$/.test(path), 'a path that begins with /');
  demand('timeoutMs', typeof timeoutMs === 'number' && timeoutMs > 0, 'a number of milliseconds above 0');
  demand('clock', typeof clock === 'function', 'a function');
  demand('onError', typeof onError === 'function', 'a function');
  demand('timeZone', isTimeZone(timeZone), 'an IANA time zone this runtime knows');
  if (quota !== undefined && typeof quota !== 'function') checkQuota('usageHandler', quota, expose);
  return resolved;
}

/** Says whether this runtime knows a time zone. */
export function isTimeZone(timeZone: unknown): timeZone is string {
  try {
    if (typeof timeZone !== 'string') return false;
    timeBuckets('day', timeZone);
    return true;
  } catch {
    return false;
  }
}
