import { once } from 'node:events';
import { Body, Controller, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import type { SignedInRequest } from '../auth/auth-user.ts';
import { ChatService } from './chat.service.ts';
import { MessageDto } from './message.dto.ts';

/** Replies, streamed. */
@Controller('conversations/:id/messages')
export class ChatController {
  constructor(private readonly chat: ChatService) {}

  @Post()
  @HttpCode(200)
  async send(
    @Req() request: SignedInRequest,
    @Param('id') conversationId: string,
    @Body() { content }: MessageDto,
    @Res() response: Response,
  ): Promise<void> {
    const left = new AbortController();
    response.once('close', () => left.abort());
    const { questionId, messageId, events } = await this.chat.reply(request.user, conversationId, content, left.signal);
    response.status(200).set({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-user-message-id': questionId,
      'x-message-id': messageId,
    });
    response.flushHeaders();
    for await (const event of events) {
      // Read on where nobody listens any more: the end of the events stores the reply.
      if (!left.signal.aborted && !response.write(event)) await drained(response, left.signal);
    }
    response.end();
  }
}

async function drained(response: Response, left: AbortSignal): Promise<void> {
  await once(response, 'drain', { signal: left }).catch(() => undefined);
}
