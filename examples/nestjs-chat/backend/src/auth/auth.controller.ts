import { Body, Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import type { AuthUser, SignedInRequest } from './auth-user.ts';
import { AuthService } from './auth.service.ts';
import { CredentialsDto } from './credentials.dto.ts';
import { Public } from './public.ts';
import { Session } from './session.ts';

/** Signing up, in and out, and who one is. */
@Controller('auth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly session: Session,
  ) {}

  @Post('register')
  @Public()
  async register(
    @Body() credentials: CredentialsDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AuthUser> {
    const user = await this.auth.register(credentials);
    await this.session.start(response, user);
    return user;
  }

  @Post('login')
  @HttpCode(200)
  @Public()
  async login(@Body() credentials: CredentialsDto, @Res({ passthrough: true }) response: Response): Promise<AuthUser> {
    const user = await this.auth.login(credentials);
    await this.session.start(response, user);
    return user;
  }

  /** For programs: a bearer token, and no cookie. */
  @Post('token')
  @HttpCode(200)
  @Public()
  async token(@Body() credentials: CredentialsDto): Promise<{ token: string; expiresAt: string }> {
    return this.session.issue(await this.auth.login(credentials));
  }

  @Post('logout')
  @HttpCode(204)
  @Public()
  logout(@Res({ passthrough: true }) response: Response): void {
    this.session.end(response);
  }

  /** The guard has read the user from the database for this very request. */
  @Get('profile')
  profile(@Req() request: SignedInRequest): AuthUser {
    return request.user;
  }
}
