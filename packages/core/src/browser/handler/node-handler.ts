import { wrongField } from '../../wrong-option.ts';
import type { UsageHandler } from './usage-handler.ts';

/** What an adapter needs of a request of `node:http`, `node:http2`, Express or Connect. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** The whole path, where Express cut the mount point off `url`. */
  readonly originalUrl?: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What it needs of the response. */
export interface NodeResponse {
  statusCode: number;
  getHeader(name: string): number | string | readonly string[] | undefined;
  setHeader(name: string, value: string): unknown;
  end(body: Uint8Array): unknown;
}

/**
 * Serves a usage handler in `node:http`, `node:http2`, Express, Connect, or a Nest controller with `@Req()` and `@Res()`.
 *
 * @returns A request listener. It passes its request to `authenticate` as `source`, and keeps headers that were set before, such as those
 * of a CORS middleware.
 *
 * @example
 * ```ts
 * const usage = usageHandler({
 *   store,
 *   authenticate: (_request, { user }: express.Request) => (user === undefined ? null : { userId: user.id }),
 * });
 * app.get('/api/usage', nodeHandler(usage));
 * ```
 */
export function nodeHandler<Source>(
  handler: UsageHandler<Source>,
): (request: Source & NodeRequest, response: NodeResponse, next?: (error: unknown) => void) => void {
  checkHandler('nodeHandler', handler);
  return (request, response, next) => {
    void serve(handler, request, response, next);
  };
}

async function serve<Source>(
  handler: UsageHandler<Source>,
  request: Source & NodeRequest,
  response: NodeResponse,
  next: ((error: unknown) => void) | undefined,
): Promise<void> {
  try {
    await send(handler, request, response);
  } catch (error) {
    if (next !== undefined) return next(error);
    response.statusCode = 500;
    response.end(new Uint8Array());
  }
}

async function send<Source>(
  handler: UsageHandler<Source>,
  request: Source & NodeRequest,
  response: NodeResponse,
): Promise<void> {
  const answer = await handler(webRequest(request), request);
  const body = new Uint8Array(await answer.arrayBuffer());
  response.statusCode = answer.status;
  for (const [name, value] of mergedHeaders(answer, response.getHeader('vary'))) response.setHeader(name, value);
  response.end(body);
}

/** @throws MeterError `invalid_options` for anything else than a handler. */
export function checkHandler(owner: string, handler: unknown): void {
  if (typeof handler !== 'function') throw wrongField(owner, 'the result of usageHandler', handler);
}

/** The request as the web has it, without a body: nothing we answer reads one. */
export function webRequest({ method = 'GET', url = '/', originalUrl = url, headers }: NodeRequest): Request {
  const web = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    // HTTP/2 has its method and path among the headers.
    if (value === undefined || name.startsWith(':')) continue;
    for (const each of Array.isArray(value) ? value : [value]) web.append(name, each);
  }
  const host = headers['host'] ?? headers[':authority'];
  return new Request(webUrl(originalUrl, typeof host === 'string' ? host : ''), {
    // A web request cannot have these three; any other that is refused does for them.
    method: ['CONNECT', 'TRACE', 'TRACK'].includes(method.toUpperCase()) ? 'DELETE' : method,
    headers: web,
  });
}

/** The headers of an answer, with a `Vary` that was set before kept: a cache must go by both. */
export function mergedHeaders(
  answer: Response,
  vary: number | string | readonly string[] | undefined,
): Map<string, string> {
  const headers = new Map(answer.headers);
  const own = headers.get('vary');
  if (own !== undefined && vary !== undefined) headers.set('vary', `${String(vary)}, ${own}`);
  return headers;
}

/** `Host` is whatever a client writes, so it may make no valid address; the path still counts then. */
function webUrl(target: string, host: string): string {
  const path = target.startsWith('/') ? target : `/${target}`;
  return URL.canParse(`http://${host}${path}`) && /^[^/?#@\\]+$/.test(host)
    ? `http://${host}${path}`
    : `http://localhost${path}`;
}
