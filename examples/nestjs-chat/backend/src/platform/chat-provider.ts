import OpenAI from 'openai';
import type { ChatConfig } from './chat-config.ts';

/** Whom the app asks for replies. */
export interface ChatProvider {
  /** A client as every app makes it; nothing in it knows of metering. */
  readonly openai: OpenAI;
  close(): Promise<void>;
}

/** Injects the provider. */
export const CHAT_PROVIDER = Symbol('chat provider');

/** The provider of the configuration, or a scripted one, which is a real HTTP server in this process. */
export async function openProvider(config: ChatConfig): Promise<ChatProvider> {
  if (config.provider !== undefined) {
    const { baseURL, apiKey } = config.provider;
    return { openai: new OpenAI({ baseURL, apiKey }), close: () => Promise.resolve() };
  }
  const { chatAnswer, fakeProvider } = await import('@kilotoken/core/testing');
  const provider = await fakeProvider({
    handle: ({ body }) => chatAnswer({ text: scriptedReply(body?.['messages']), delayMs: 20 }),
  });
  return { openai: new OpenAI({ baseURL: provider.baseURL, apiKey: 'none' }), close: provider.close };
}

function scriptedReply(messages: unknown): string {
  const questions = (Array.isArray(messages) ? messages : []).filter((message) => message?.role === 'user');
  const last = String(questions.at(-1)?.content ?? '');
  return (
    `You wrote: "${last}" This is reply number ${questions.length} of this conversation. I am a script on your own ` +
    'machine, so I know nothing, but my tokens are counted as those of any model. Set OPENAI_API_KEY or ' +
    'OPENROUTER_API_KEY and start again to talk to a real one.'
  );
}
