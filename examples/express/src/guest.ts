import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

/** A request behind {@link guest}. */
export type GuestRequest = Request & { userId?: string };

/** Your app knows its users. This one gives whoever comes without a cookie an id that nobody can guess. */
export function guest(request: GuestRequest, response: Response, next: NextFunction): void {
  const [, known] = /(?:^|; )guest=([\da-f-]{36})(?:;|$)/.exec(request.headers.cookie ?? '') ?? [];
  request.userId = known ?? randomUUID();
  const cookie = { httpOnly: true, sameSite: 'lax', secure: request.secure, maxAge: 30 * 24 * 3_600_000 } as const;
  response.cookie('guest', request.userId, cookie);
  next();
}
