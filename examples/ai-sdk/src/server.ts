import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { createOpenAI } from '@ai-sdk/openai';
import { createMeter, nodeHandler, sqliteStore, usageData, usageHandler } from '@kilotoken/core';
import * as ai from 'ai';
import { guestOf } from './guest.ts';
import { port } from './port.ts';
import { openProvider } from './provider.ts';

const { USAGE_DB = 'usage.db', CHAT_MODEL = 'gpt-5-mini' } = process.env;

const provider = await openProvider();
const store = sqliteStore({ path: USAGE_DB });
const meter = createMeter({ store, onError: (error) => console.error(error.message) });
// The one line. Every provider of the AI SDK that takes a `fetch` and speaks OpenAI's language takes this one.
const openai = createOpenAI({ ...provider.settings, fetch: meter.fetch() });
const closing = new AbortController();

/** What the model may call. Each call of a tool makes one more request, and all of them are the same turn. */
const tools = {
  time: ai.tool({
    description: 'The time, in UTC',
    inputSchema: ai.jsonSchema<object>({ type: 'object', properties: {} }),
    execute: () => new Date().toISOString(),
  }),
};

/** `useChat` sends the conversation, and reads a UI message stream. */
async function chat(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const userId = guestOf(request, response);
  const { messages } = (await json(request)) as { messages: unknown };
  const checked = await ai.safeValidateUIMessages({ messages });
  if (!checked.success) return answer(response, 400, 'send { "messages": [...] }, as useChat does');
  const left = new AbortController();
  response.once('close', () => left.abort());

  const turn = meter.track({ userId, messageId: ai.generateId() });
  const stream = ai.createUIMessageStream({
    async execute({ writer }) {
      const result = ai.streamText({
        model: openai.chat(CHAT_MODEL),
        messages: await ai.convertToModelMessages(checked.data),
        tools,
        stopWhen: ai.stepCountIs(5),
        abortSignal: AbortSignal.any([left.signal, closing.signal]),
        ...turn.options,
      });
      writer.merge(ai.toUIMessageStream({ stream: result.stream }));
      // However it ends, the browser is told what it used.
      await Promise.allSettled([result.finishReason]);
      await turn.stored({ timeoutMs: 2000 }); // what is asked next shows it
      writer.write(usageData(await turn.usage()));
    },
  });
  await ai.pipeUIMessageStreamToResponse({ response, stream });
}

const usage = nodeHandler(
  usageHandler({ store, authenticate: (_request, source: IncomingMessage) => ({ userId: guestOf(source) }) }),
);

function answer(response: ServerResponse, status: number, error: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
}

const server = createServer((request, response) => {
  const route = `${request.method} ${request.url?.split('?')[0]}`;
  if (route === 'GET /api/usage') usage(request, response);
  else if (route !== 'POST /api/chat') answer(response, 404, 'there is no such route');
  else chat(request, response).catch(() => answer(response, 400, 'the request cannot be read'));
});
server.once('error', cannotListen);
server.listen(port, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());

async function stop(): Promise<void> {
  closing.abort();
  server.close();
  // Browsers keep connections open, also those whose answer has ended only now.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  await once(server, 'close');
  clearInterval(idle);
  await meter.close(); // drains: all that was counted is in the store afterwards
  await store.close();
  await provider.close();
}

function cannotListen({ message }: Error): never {
  console.error(`${message}. Choose another with --port.`);
  process.exit(1);
}
