import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { chatAnswer, fakeProvider } from '@kilotoken/core/testing';
import type { ProviderRequest } from '@kilotoken/core/testing';
import OpenAI from 'openai';
import { answerTo } from './conversations.ts';

/** Calls and tokens, counted by one side or the other. */
export interface Tally {
  readonly calls: number;
  readonly tokens: number;
}

/** The provider the demo talks to. */
export interface DemoProvider {
  readonly name: string;
  readonly model: string;
  /** A client as the app would make it: nothing in it knows of metering. */
  newClient(): OpenAI;
  /** What the provider itself has counted since its bill exists; unknown of a real one. */
  tally(): Tally | undefined;
  close(): Promise<void>;
}

/**
 * The scripted provider: a real HTTP server on this machine.
 *
 * @param bill - A file in which it keeps its own count from run to run; without one it counts this run.
 */
export async function scriptedProvider(bill?: string): Promise<DemoProvider> {
  const provider = await fakeProvider({ handle: scriptedAnswer });
  const before = bill !== undefined && existsSync(bill) ? (JSON.parse(readFileSync(bill, 'utf8')) as Tally) : nothing;
  return {
    name: `scripted provider at ${provider.baseURL} (use --live for a real one)`,
    model: 'demo-chat',
    newClient: () => new OpenAI({ baseURL: provider.baseURL, apiKey: 'demo' }),
    tally() {
      const { calls, tokens } = provider.generated;
      const tally = { calls: before.calls + calls, tokens: before.tokens + tokens.totalTokens };
      if (bill !== undefined) writeFileSync(bill, JSON.stringify(tally));
      return tally;
    },
    close: provider.close,
  };
}

/** A real provider, chosen by the keys in the environment. */
export function liveProvider(): DemoProvider {
  const { OPENROUTER_API_KEY, OPENAI_API_KEY, OPENAI_BASE_URL, DEMO_MODEL } = process.env;
  const isOpenRouter = OPENROUTER_API_KEY !== undefined && OPENAI_API_KEY === undefined;
  const apiKey = OPENAI_API_KEY ?? OPENROUTER_API_KEY;
  if (apiKey === undefined) throw new Error('--live needs OPENAI_API_KEY or OPENROUTER_API_KEY in the environment');
  const baseURL = OPENAI_BASE_URL ?? (isOpenRouter ? 'https://openrouter.ai/api/v1' : 'https://api.openai.com/v1');
  return {
    name: baseURL,
    model: DEMO_MODEL ?? (isOpenRouter ? 'openai/gpt-5-mini' : 'gpt-5-mini'),
    newClient: () => new OpenAI({ baseURL, apiKey }),
    tally: () => undefined,
    close: () => Promise.resolve(),
  };
}

function scriptedAnswer(request: ProviderRequest): ReturnType<typeof chatAnswer> {
  const messages = request.body?.['messages'] as readonly { readonly content: string }[] | undefined;
  return chatAnswer({ text: answerTo(messages?.at(-1)?.content ?? ''), obfuscation: true, delayMs: 15 });
}

const nothing: Tally = { calls: 0, tokens: 0 };
