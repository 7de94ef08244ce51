import { checkHandler } from './node-handler.ts';
import type { UsageHandler } from './usage-handler.ts';

/** What the adapter needs of a Hono context. */
export interface HonoContextLike {
  readonly req: { readonly raw: Request };
}

/**
 * Serves a usage handler as a route of Hono.
 *
 * @returns A route handler; `authenticate` gets the context as `source`.
 *
 * @example
 * ```ts
 * const usage = usageHandler({
 *   store,
 *   authenticate: (_request, context: Context) => ({ userId: context.get('userId') }),
 * });
 * app.get('/api/usage', honoHandler(usage));
 * ```
 */
export function honoHandler<Source extends HonoContextLike>(
  handler: UsageHandler<Source>,
): (context: Source) => Promise<Response> {
  checkHandler('honoHandler', handler);
  return (context) => handler(context.req.raw, context);
}
