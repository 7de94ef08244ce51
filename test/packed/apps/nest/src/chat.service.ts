import { createMeter, memoryStore, type UsageTotals } from '@kilotoken/core';
import { fakeProvider, type FakeProvider } from '@kilotoken/core/testing';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import OpenAI from 'openai';

@Injectable()
export class ChatService implements OnModuleInit, OnModuleDestroy {
  provider!: FakeProvider;
  private openai!: OpenAI;
  private readonly store = memoryStore();
  private readonly meter = createMeter({ store: this.store });

  async onModuleInit(): Promise<void> {
    this.provider = await fakeProvider();
    this.openai = this.meter.wrap(new OpenAI({ baseURL: this.provider.baseURL, apiKey: 'test' }));
  }

  async onModuleDestroy(): Promise<void> {
    await this.meter.close();
    await this.store.close();
    await this.provider.close();
  }

  async answer(userId: string, content: string): Promise<{ text: string; foreignChunks: number }> {
    const stream = await this.openai.chat.completions.create(
      { model: 'gpt-5-mini', messages: [{ role: 'user', content }], stream: true },
      this.meter.track({ userId }).options,
    );
    let text = '';
    let foreignChunks = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      if ('usage' in chunk || chunk.choices.length === 0) foreignChunks += 1;
    }
    await this.meter.flush();
    return { text, foreignChunks };
  }

  totals(userId: string): Promise<UsageTotals> {
    return this.store.totals({ userId });
  }
}
