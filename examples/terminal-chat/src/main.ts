import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMeter, isMeterError, memoryStore, sqliteStore } from '@kilotoken/core';
import type { PriceOptions, UsageStore } from '@kilotoken/core';
import OpenAI from 'openai';
import { readArguments } from './arguments.ts';
import type { DemoArguments } from './arguments.ts';
import { holdConversation } from './chat.ts';
import type { AnsweredMessage, ChatApp } from './chat.ts';
import { conversations } from './conversations.ts';
import { liveProvider, scriptedProvider } from './provider.ts';
import type { DemoProvider, Tally } from './provider.ts';
import { messageText, totalsText, userTotals } from './report.ts';
import type { DemoServer } from './serve-demo.ts';

const userIds = conversations.map(({ userId }) => userId);

/** The scripted model is nobody's product, so the demo brings its price: $0.25 per million tokens in, $2 out. */
const prices: PriceOptions = {
  overrides: [{ model: 'demo-chat', inputPicoUsdPerToken: 250_000, outputPicoUsdPerToken: 2_000_000 }],
};

async function main(options: DemoArguments): Promise<void> {
  const dataFolder = resolve(options.data);
  if (!existsSync(dataFolder)) mkdirSync(dataFolder);
  const path = resolve(dataFolder, 'usage.db');
  const store = sqliteStore({ path });
  await store.totals({}); // opens the file: nobody should chat first where that fails
  const say = options.json ? () => undefined : (text: string) => console.log(text);
  const provider = options.live ? liveProvider() : await scriptedProvider(resolve(dataFolder, 'provider-bill.json'));
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());

  const meter = createMeter({ store, prices });
  const openai = meter.wrap(provider.newClient());
  const app = { openai, meter, model: provider.model };
  const sayTotals = async (): Promise<void> => {
    provider.tally();
    say(`${totalsText(await userTotals(store, userIds))}\n`);
  };
  say(`Provider: ${provider.name}\nSQLite file: ${relative(process.cwd(), path)}\n`);
  const page = options.once || options.json ? undefined : await openPage({ app, store, options, say, sayTotals });
  do {
    await round(app, stopped.signal, (message) => {
      say(messageText(message));
      page?.announce(message.userId);
    });
    await sayTotals();
    // Again and again, or it would be far up by the time somebody looks for it.
    if (page?.isOpen() === false && !stopped.signal.aborted) say(`Chat on a page, with the widget: ${page.url}\n`);
    if (!options.once) await sleep(2000, undefined, { signal: stopped.signal }).catch(() => undefined);
    // Whoever chats on the page should see the total move by their own messages.
    if (page?.isOpen() === true && !stopped.signal.aborted) await once(stopped.signal, 'abort');
  } while (!options.once && !stopped.signal.aborted);

  await page?.close();
  await meter.close();
  const users = await userTotals(store, userIds);
  await store.close();
  const billed = provider.tally();
  await provider.close();
  const withoutForcing = await meterWithoutForcing(options.live ? liveProvider() : await scriptedProvider());

  if (options.json) {
    console.log(JSON.stringify({ users, provider: billed ?? null, withoutForcing }));
    return;
  }
  if (billed !== undefined) say(`The provider's own bill: ${billed.calls} calls, ${billed.tokens} tokens.`);
  say(
    `Had nobody asked for usage, the same round would have recorded ${withoutForcing.tokens} tokens in ${withoutForcing.calls} calls.`,
  );
}

/** Serves the page and says where. */
async function openPage(demo: {
  readonly app: ChatApp;
  readonly store: UsageStore;
  readonly options: DemoArguments;
  readonly say: (text: string) => void;
  readonly sayTotals: () => Promise<void>;
}): Promise<DemoServer> {
  const { app, store, options, say, sayTotals } = demo;
  const { serveDemo } = await import('./serve-demo.ts');
  const page = await serveDemo({
    app,
    store,
    port: options.port,
    room: options.live ? 20_000 : 500,
    onAnswer(message) {
      say(messageText(message));
      sayTotals().catch(() => undefined);
    },
  });
  say(`Chat on a page, with the widget: ${page.url}\n`);
  return page;
}

/** All users chat at once. */
async function round(app: ChatApp, signal: AbortSignal, onAnswer: (message: AnsweredMessage) => void): Promise<void> {
  const held = await Promise.allSettled(
    conversations.map((conversation) => holdConversation(app, conversation, onAnswer, signal)),
  );
  for (const result of held) if (result.status === 'rejected' && !signal.aborted) throw result.reason;
}

/** Runs the same round once more, with a meter that only listens. */
async function meterWithoutForcing(provider: DemoProvider): Promise<Tally> {
  const store = memoryStore();
  const meter = createMeter({ store, prices, inject: 'never' });
  const openai = meter.wrap(provider.newClient());
  await round({ openai, meter, model: provider.model }, new AbortController().signal, () => undefined);
  await meter.close();
  await provider.close();
  const { calls, tokens } = await store.totals({});
  return { calls, tokens: tokens.totalTokens };
}

const options = readArguments();
try {
  await main(options);
} catch (error) {
  const problem = problemOf(error);
  if (problem === undefined) throw error;
  console.error(problem);
  process.exit(1);
}

/** What a user can do something about; `undefined` for a fault of the demo. */
function problemOf(error: unknown): string | undefined {
  if (options.live && error instanceof OpenAI.APIError)
    return `${liveProvider().name} did not answer: ${error.message}`;
  if (isMeterError(error)) return error.message;
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  if (syscall === 'mkdir') return message;
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return undefined;
  const why = code === 'EACCES' ? 'needs special permissions' : 'is already in use';
  return `Port ${options.port} ${why}. Without --port the demo picks a free one.`;
}
