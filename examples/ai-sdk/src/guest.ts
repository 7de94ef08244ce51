import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Your app knows its users. This one gives whoever comes without a cookie an id that nobody can guess.
 *
 * @param response - Where the id is kept for the next request; without one nothing is set.
 */
export function guestOf(request: IncomingMessage, response?: ServerResponse): string {
  const [, known] = /(?:^|; )guest=([\da-f-]{36})(?:;|$)/.exec(request.headers.cookie ?? '') ?? [];
  const id = known ?? randomUUID();
  response?.setHeader('set-cookie', `guest=${id}; HttpOnly; SameSite=Lax; Path=/; Max-Age=2592000`);
  return id;
}
