import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { CodedException } from '../http/coded-exception.ts';
import type { AuthUser } from './auth-user.ts';
import { AuthService } from './auth.service.ts';
import { isPublic } from './public.ts';
import { Session } from './session.ts';

/** Everything but what is marked public needs a user, who is then `request.user`. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly session: Session,
    private readonly auth: AuthService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride<boolean>(isPublic, [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<Request & { user?: AuthUser }>();
    const userId = await this.session.userId(request);
    const user = userId === undefined ? undefined : await this.auth.userById(userId);
    if (user === undefined) throw new CodedException(401, 'not_signed_in', 'sign in first');
    request.user = user;
    return true;
  }
}
