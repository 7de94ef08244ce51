import { Body, Controller, Get, Headers, Post, Res } from '@nestjs/common';
import type { Response } from 'express';
import { ChatService } from './chat.service.ts';
import { type User, UsersService } from './users.service.ts';

/** Who asks is in a header here, where an app has its guard. */
@Controller()
export class ChatController {
  constructor(
    private readonly chat: ChatService,
    private readonly users: UsersService,
  ) {}

  @Post('users')
  async register(@Body('email') email: string): Promise<object> {
    return { id: await this.users.register(email) };
  }

  @Get('profile')
  profile(@Headers('x-user') userId: string): Promise<User> {
    return this.users.profile(userId);
  }

  @Get('messages')
  messages(@Headers('x-user') userId: string): Promise<object[]> {
    return this.chat.messages(userId);
  }

  @Post('chat')
  async say(@Headers('x-user') userId: string, @Body('content') content: string, @Res() response: Response) {
    const left = new AbortController();
    response.once('close', () => left.abort());
    response.set('content-type', 'text/event-stream');
    for await (const event of this.chat.reply(userId, content, left.signal)) response.write(event);
    response.end();
  }
}
