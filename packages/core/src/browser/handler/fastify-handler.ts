import { checkHandler, mergedHeaders, webRequest } from './node-handler.ts';
import type { NodeRequest } from './node-handler.ts';
import type { UsageHandler } from './usage-handler.ts';

/** What the adapter needs of a Fastify request. */
export interface FastifyRequestLike {
  readonly raw: NodeRequest;
  /** The path as the client asked for it, where a plug-in rewrote `url`. */
  readonly originalUrl: string;
}

/** What it needs of a Fastify reply. */
export interface FastifyReplyLike {
  code(status: number): unknown;
  getHeader(name: string): number | string | readonly string[] | undefined;
  header(name: string, value: string): unknown;
  send(body?: unknown): unknown;
}

/**
 * Serves a usage handler as a route of Fastify 4 or 5.
 *
 * @returns A route handler; `authenticate` gets the Fastify request as `source`.
 *
 * @example
 * ```ts
 * const usage = usageHandler({
 *   store,
 *   authenticate: (_request, { session }: FastifyRequest) => ({ userId: session.userId }),
 * });
 * app.get('/api/usage', fastifyHandler(usage));
 * ```
 */
export function fastifyHandler<Source>(
  handler: UsageHandler<Source>,
): (request: Source & FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown> {
  checkHandler('fastifyHandler', handler);
  return async (request, reply) => {
    const { raw, originalUrl } = request;
    // Fastify makes the answer to HEAD of the one to GET itself, and takes the length from the body it is given.
    const method = raw.method === 'HEAD' ? 'GET' : raw.method;
    const answer = await handler(webRequest({ method, headers: raw.headers, originalUrl }), request);
    const body = new Uint8Array(await answer.arrayBuffer());
    reply.code(answer.status);
    for (const [name, value] of mergedHeaders(answer, reply.getHeader('vary'))) reply.header(name, value);
    return reply.send(body.byteLength === 0 ? undefined : body);
  };
}
