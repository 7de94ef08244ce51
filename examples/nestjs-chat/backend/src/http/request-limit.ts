import type { ExecutionContext } from '@nestjs/common';
import type { ThrottlerOptions } from '@nestjs/throttler';
import type { Request } from 'express';
import type { ChatConfig } from '../platform/chat-config.ts';

/** So many requests per minute, route and address; a fifteenth of it where a password is tried. */
export function requestLimit({ requestsPerMinute }: ChatConfig): ThrottlerOptions {
  return {
    ttl: 60_000,
    limit: (context) => (triesPassword(context) ? Math.ceil(requestsPerMinute / 15) : requestsPerMinute),
  };
}

function triesPassword(context: ExecutionContext): boolean {
  const { method, path } = context.switchToHttp().getRequest<Request>();
  return method === 'POST' && ['/api/auth/login', '/api/auth/token', '/api/auth/register'].includes(path.toLowerCase());
}
