import { Inject, Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { CookieOptions, Request, Response } from 'express';
import { CHAT_CONFIG, type ChatConfig } from '../platform/chat-config.ts';
import type { AuthUser } from './auth-user.ts';

const cookieName = 'session';
const lifetimeMs = 7 * 24 * 60 * 60 * 1000;

/** Says with each request who is asking: a signed token, in a cookie or as a bearer. */
@Injectable()
export class Session {
  constructor(
    private readonly jwt: JwtService,
    @Inject(CHAT_CONFIG) private readonly config: ChatConfig,
  ) {}

  async issue(user: AuthUser): Promise<{ token: string; expiresAt: string }> {
    const token = await this.jwt.signAsync({}, { subject: user.id, expiresIn: lifetimeMs / 1000 });
    return { token, expiresAt: new Date(Date.now() + lifetimeMs).toISOString() };
  }

  async start(response: Response, user: AuthUser): Promise<void> {
    const { token } = await this.issue(user);
    response.cookie(cookieName, token, { ...this.cookie(), maxAge: lifetimeMs });
  }

  end(response: Response): void {
    response.clearCookie(cookieName, this.cookie());
  }

  /** Id of the user, or `undefined` where the token is missing, forged or out of date. */
  async userId(request: Request): Promise<string | undefined> {
    const token = bearerOf(request) ?? (request.cookies as Record<string, unknown> | undefined)?.[cookieName];
    if (typeof token !== 'string') return undefined;
    try {
      const { sub } = await this.jwt.verifyAsync<{ sub?: unknown }>(token);
      return typeof sub === 'string' ? sub : undefined;
    } catch {
      return undefined;
    }
  }

  private cookie(): CookieOptions {
    return { httpOnly: true, sameSite: 'lax', secure: this.config.isSecure, path: '/' };
  }
}

/** The bearer token of a request. A page of another origin cannot make a browser send one. */
export function bearerOf(request: Request): string | undefined {
  return /^Bearer ([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '')?.[1];
}
