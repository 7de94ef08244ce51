import { nodeHandler, usageHandler } from '@kilotoken/core';
import type { MongoStore } from '@kilotoken/mongo-adapter';
import { Controller, Get, Inject, Logger, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import type { SignedInRequest } from '../auth/auth-user.ts';
import { USAGE_STORE } from '../platform/usage-store.ts';

/** What the signed-in user has used, for the widget. */
@Controller('usage')
export class UsageController {
  private readonly handle: ReturnType<typeof nodeHandler<SignedInRequest>>;

  constructor(@Inject(USAGE_STORE) store: MongoStore) {
    const logger = new Logger('Usage');
    this.handle = nodeHandler(
      usageHandler({
        store,
        authenticate: (_request, { user }: SignedInRequest) => ({ userId: user.id }),
        expose: ['cost', 'models'],
        last: true,
        onError: (error) => logger.error(String(error)),
      }),
    );
  }

  @Get()
  usage(@Req() request: SignedInRequest, @Res() response: Response): void {
    this.handle(request, response);
  }
}
