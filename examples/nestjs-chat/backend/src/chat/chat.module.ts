import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.ts';
import { ChatController } from './chat.controller.ts';
import { ChatService } from './chat.service.ts';
import { ConversationsController } from './conversations.controller.ts';
import { ConversationsService } from './conversations.service.ts';

/** Conversations with the model. */
@Module({
  imports: [AuthModule],
  controllers: [ConversationsController, ChatController],
  providers: [ConversationsService, ChatService],
})
export class ChatModule {}
