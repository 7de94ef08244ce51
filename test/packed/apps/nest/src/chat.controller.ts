import { Controller, Get } from '@nestjs/common';
import { ChatService } from './chat.service';

@Controller()
export class ChatController {
  constructor(private readonly chat: ChatService) {}

  @Get()
  async ask(): Promise<unknown> {
    const answer = await this.chat.answer('u1', 'Name three rivers');
    const { calls, tokens } = await this.chat.totals('u1');
    return { ...answer, totals: { calls, tokens }, reported: this.chat.provider.reported };
  }
}
