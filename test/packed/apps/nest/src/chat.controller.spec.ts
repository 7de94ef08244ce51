import { Test, type TestingModule } from '@nestjs/testing';
import { ChatController } from './chat.controller';
import { ChatService } from './chat.service';

describe('ChatController', () => {
  let app: TestingModule;

  beforeEach(async () => {
    app = await Test.createTestingModule({ controllers: [ChatController], providers: [ChatService] }).compile();
    await app.init();
  });

  afterEach(() => app.close());

  it('counts the tokens the provider reported', async () => {
    const chat = app.get<ChatService>(ChatService);
    await app.get<ChatController>(ChatController).ask();
    const { calls, tokens } = await chat.totals('u1');
    expect(calls).toBe(1);
    expect(tokens).toMatchObject(chat.provider.reported.tokens);
  });
});
