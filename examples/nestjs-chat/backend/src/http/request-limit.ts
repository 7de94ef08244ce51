import type { ExecutionContext } from '@nestjs/common';
import type { ThrottlerOptions } from '@nestjs/throttler';
import { AuthController } from '../auth/auth.controller.ts';
import type { ChatConfig } from '../platform/chat-config.ts';

/** So many requests per minute, route and address; a fifteenth of it where a password is tried. */
export function requestLimit({ requestsPerMinute }: ChatConfig): ThrottlerOptions {
  return {
    ttl: 60_000,
    limit: (context) => (triesPassword(context) ? Math.ceil(requestsPerMinute / 15) : requestsPerMinute),
  };
}

/** By what answers, and not by the address: that has more than one spelling. */
function triesPassword(context: ExecutionContext): boolean {
  const { login, token, register } = AuthController.prototype;
  return [login, token, register].some((handler) => handler === context.getHandler());
}
