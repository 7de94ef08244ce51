import { Global, Module } from '@nestjs/common';
import { Db, MongoClient } from 'mongodb';
import OpenAI from 'openai';
import { ChatController } from './chat.controller.ts';
import { ChatService } from './chat.service.ts';
import { UsersService } from './users.service.ts';

const openDatabase = async (): Promise<Db> => (await new MongoClient(process.env['MONGODB_URI'] ?? '').connect()).db();

@Global()
@Module({ providers: [{ provide: Db, useFactory: openDatabase }], exports: [Db] })
class DatabaseModule {}

@Module({
  imports: [DatabaseModule],
  controllers: [ChatController],
  providers: [ChatService, UsersService, { provide: OpenAI, useFactory: () => new OpenAI() }],
})
export class AppModule {}
