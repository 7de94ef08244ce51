import { callApp } from '../../call-app.ts';
import { MeterError } from '../../errors.ts';
import { waitMs } from '../../timer-limit.ts';
import { wrongField } from '../../wrong-option.ts';
import { within } from '../../within.ts';
import { entityTag, namesTag } from './entity-tag.ts';
import { resolveHandlerOptions } from './handler-options.ts';
import type { ResolvedHandlerOptions, UsageHandlerOptions } from './handler-options.ts';
import { readHandlerQuery } from './handler-query.ts';
import type { HandlerQuery } from './handler-query.ts';
import { resolvePeriod } from '../snapshot/usage-period.ts';
import { checkQuota } from '../snapshot/usage-quota.ts';
import type { UsageQuota } from '../snapshot/usage-quota.ts';
import { readClock, readSnapshot } from '../snapshot/usage-snapshot.ts';
import type { UsageSnapshot } from '../snapshot/usage-snapshot.ts';
import { checkSubject } from '../usage-subject.ts';
import type { UsageSubject } from '../usage-subject.ts';

/**
 * Answers requests for a user's usage. Never rejects; throws at once if it is given the request of another framework.
 *
 * @param source - What `authenticate` gets as its second argument; the adapters give the framework's own request.
 */
export type UsageHandler<Source = unknown> = (request: Request, source?: Source) => Promise<Response>;

/** Whom an answer may be kept for: only the browser that asked, and it asks again each time. */
const ownCopy = { 'cache-control': 'private, no-cache', vary: 'Cookie, Authorization' };

/**
 * Creates an endpoint that returns the usage of the signed-in user, as a web-standard function. Works directly in Next.js, Remix,
 * SvelteKit, Bun, Deno and workers, and elsewhere through `nodeHandler`, `fastifyHandler` or `honoHandler`.
 *
 * `GET` and `HEAD` on any path return a {@link UsageSnapshot}: 200, or 304 if the browser has it already. 400: a known query key
 * (`period`, `timeZone`, `days`) is invalid; unknown keys are ignored. 401: `authenticate` returned no user or threw. 404: another
 * path than `path`. 405: another method. 503: the store failed, or did not answer within `timeoutMs`. Shared caches may not keep any
 * answer. Only `authenticate` determines the user; nothing in the request can name another.
 *
 * @throws MeterError `invalid_options` at once if an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * export const GET = usageHandler({
 *   store,
 *   authenticate: async () => {
 *     const session = await auth();
 *     return session === null ? null : { userId: session.user.id };
 *   },
 * });
 * ```
 */
export function usageHandler<Source = unknown>(options: UsageHandlerOptions<Source>): UsageHandler<Source> {
  const resolved = resolveHandlerOptions(options);
  const tell = (error: unknown, request: Request): void =>
    // What that throws there is nobody left to be told of.
    callApp(
      () => resolved.onError(error, request),
      () => {},
    );
  return (request, source) => {
    if (!isWebRequest(request)) throw wrongField('usageHandler', aWebRequest, request);
    return respond(request, source);
  };

  async function respond(request: Request, source: Source | undefined): Promise<Response> {
    const url = new URL(request.url);
    if (resolved.path !== undefined && url.pathname !== resolved.path) return fault(request, 404, 'not found');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return fault(request, 405, 'method not allowed', { allow: 'GET, HEAD' });
    }
    const subject = await readSubject(resolved, request, source as Source, tell);
    if (subject === undefined) return fault(request, 401, 'not signed in', { 'www-authenticate': 'Bearer' });
    const query = readHandlerQuery(url.searchParams);
    if ('key' in query) return fault(request, 400, `query key "${query.key}": expected ${query.expected}`);
    try {
      const taken = takeSnapshot(resolved, subject, query, (error) => tell(error, request));
      const snapshot = await inTime(taken, resolved.timeoutMs);
      return await answer(request, subject, snapshot);
    } catch (error) {
      tell(error, request);
      return fault(request, 503, 'usage cannot be read at the moment', { 'retry-after': '5' });
    }
  }
}

const aWebRequest =
  'a web-standard Request; in Express and node:http wrap the handler in nodeHandler, in Fastify in fastifyHandler';

/** False for what other frameworks have in its place: thrown in their hands, the error reaches who wrote the route. */
function isWebRequest(request: unknown): boolean {
  const { url, headers } = Object(request) as Partial<Request>;
  return typeof url === 'string' && URL.canParse(url) && typeof headers?.get === 'function';
}

/** @throws MeterError `store_failed` where the time is over first. */
async function inTime(taken: Promise<UsageSnapshot>, timeoutMs: number): Promise<UsageSnapshot> {
  if (!(await within(waitMs(timeoutMs), taken))) {
    throw new MeterError('store_failed', `usageHandler: the usage was not read within ${timeoutMs} ms`);
  }
  return taken;
}

async function readSubject<Source>(
  { authenticate }: ResolvedHandlerOptions<Source>,
  request: Request,
  source: Source,
  tell: (error: unknown, request: Request) => void,
): Promise<UsageSubject | undefined> {
  try {
    const subject = await authenticate(request, source);
    return subject === null || subject === undefined ? undefined : checkSubject('authenticate', subject);
  } catch (error) {
    tell(error, request);
    return undefined;
  }
}

async function takeSnapshot<Source>(
  options: ResolvedHandlerOptions<Source>,
  subject: UsageSubject,
  query: HandlerQuery,
  tell: (error: unknown) => void,
): Promise<UsageSnapshot> {
  const now = readClock('usageHandler', options.clock);
  const timeZone = query.timeZone ?? options.timeZone;
  const isOwnPeriod = query.period === undefined;
  const quota = await readQuota(options, subject, tell);
  // The app's own period keeps the app's zone: what resets when must not depend on where a browser says it is.
  const own =
    isOwnPeriod || quota !== undefined
      ? resolvePeriod(
          typeof options.period === 'function' ? await options.period(subject, now) : options.period,
          options.timeZone,
          now,
        )
      : undefined;
  const period = query.period === undefined ? own : resolvePeriod(query.period, timeZone, now);
  return readSnapshot(options.store, subject, {
    expose: options.expose,
    period: period ?? { range: {}, shown: {} },
    quota: quota === undefined || own === undefined ? undefined : { quota, range: own.range },
    days: query.days ?? options.days,
    daysTimeZone: timeZone,
    last: options.last,
    now,
  });
}

async function readQuota<Source>(
  { quota, expose }: ResolvedHandlerOptions<Source>,
  subject: UsageSubject,
  tell: (error: unknown) => void,
): Promise<UsageQuota | undefined> {
  if (typeof quota !== 'function') return quota;
  try {
    const own = (await quota(subject)) ?? undefined;
    if (own !== undefined) checkQuota('usageHandler', own, expose);
    return own;
  } catch (error) {
    tell(error);
    return undefined;
  }
}

async function answer(request: Request, subject: UsageSubject, snapshot: UsageSnapshot): Promise<Response> {
  // With the subject in it, a tag of one user never makes a browser reuse what it kept for another.
  const etag = await entityTag(JSON.stringify([subject.userId, subject.tenantId, { ...snapshot, asOf: undefined }]));
  const headers = { ...ownCopy, etag };
  if (namesTag(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers });
  return json(request, 200, snapshot, headers);
}

function fault(request: Request, status: number, error: string, headers: Record<string, string> = {}): Response {
  return json(request, status, { error }, { ...headers, 'cache-control': 'no-store', vary: ownCopy.vary });
}

function json(request: Request, status: number, value: unknown, headers: Record<string, string>): Response {
  const body = new TextEncoder().encode(JSON.stringify(value));
  return new Response(request.method === 'HEAD' ? null : body, {
    status,
    headers: {
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(body.byteLength),
      'x-content-type-options': 'nosniff',
    },
  });
}
