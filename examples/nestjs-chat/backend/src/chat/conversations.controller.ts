import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Req } from '@nestjs/common';
import type { SignedInRequest } from '../auth/auth-user.ts';
import { CreateConversationDto, RenameConversationDto } from './conversation.dto.ts';
import { ConversationsService } from './conversations.service.ts';
import { type ConversationView, conversationView, type MessageView, messageView } from './views.ts';

const shownMessages = 500;

/** The conversations of the signed-in user. */
@Controller('conversations')
export class ConversationsController {
  constructor(private readonly conversations: ConversationsService) {}

  @Get()
  async list(@Req() { user }: SignedInRequest): Promise<ConversationView[]> {
    return (await this.conversations.list(user)).map(conversationView);
  }

  @Post()
  async create(@Req() { user }: SignedInRequest, @Body() { title }: CreateConversationDto): Promise<ConversationView> {
    return conversationView(await this.conversations.create(user, title));
  }

  @Get(':id')
  async get(
    @Req() { user }: SignedInRequest,
    @Param('id') id: string,
  ): Promise<ConversationView & { messages: MessageView[] }> {
    const conversation = await this.conversations.get(user, id);
    const messages = await this.conversations.history(conversation, shownMessages);
    return { ...conversationView(conversation), messages: messages.map(messageView) };
  }

  @Patch(':id')
  async rename(
    @Req() { user }: SignedInRequest,
    @Param('id') id: string,
    @Body() { title }: RenameConversationDto,
  ): Promise<ConversationView> {
    return conversationView(await this.conversations.rename(user, id, title));
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@Req() { user }: SignedInRequest, @Param('id') id: string): Promise<void> {
    await this.conversations.remove(user, id);
  }
}
