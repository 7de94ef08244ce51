import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { CodedException } from '../http/coded-exception.ts';
import { bearerOf } from './session.ts';

/**
 * Against forged requests: what changes something comes from a page of ours, or with a bearer token. Signing in is guarded
 * as well, lest another page signs somebody in as somebody else. `/auth/token` sets no cookie and is for programs.
 */
@Injectable()
export class SameOriginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    const isHarmless = ['GET', 'HEAD', 'OPTIONS'].includes(request.method) || request.path === '/api/auth/token';
    if (isHarmless || bearerOf(request) !== undefined || isSameOrigin(request)) return true;
    throw new CodedException(403, 'foreign_origin', 'send this from a page of the app, or with a bearer token');
  }
}

function isSameOrigin(request: Request): boolean {
  // Only the browser itself can set this header, and it knows best, also behind a proxy.
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin, host } = request.headers;
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}
