import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createMeter, nodeHandler, sqliteStore, usageFrame, usageHandler } from '@kilotoken/core';
import express from 'express';
import OpenAI from 'openai';
import { port } from './port.ts';
import { openProvider } from './provider.ts';
import { guest, type GuestRequest } from './guest.ts';

const { USAGE_DB = 'usage.db', USAGE_JOURNAL = 'usage-journal', CHAT_MODEL = 'gpt-5-mini' } = process.env;

const provider = await openProvider();
const store = sqliteStore({ path: USAGE_DB });
const meter = createMeter({
  store,
  journal: { path: USAGE_JOURNAL }, // what was counted survives `kill -9`
  onError: (error) => console.error(error.message),
});
const openai = meter.wrap(new OpenAI(provider.options));
const closing = new AbortController();

const app = express();
app.disable('x-powered-by');
app.use(express.json({ limit: '64kb' }), guest);

app.post('/api/chat', async (request: GuestRequest, response) => {
  const { message } = (request.body ?? {}) as { message?: unknown };
  if (typeof message !== 'string' || message.trim() === '') {
    response.status(400).json({ error: 'send { "message": "..." } as application/json' });
    return;
  }
  // Whoever goes away stops the answer. What it used until then is counted.
  const left = new AbortController();
  response.once('close', () => left.abort());
  const signal = AbortSignal.any([left.signal, closing.signal]);

  const turn = meter.track({ userId: request.userId ?? '', messageId: randomUUID() });
  const send = async (event: string): Promise<void> => {
    if (!left.signal.aborted && !response.write(event)) await once(response, 'drain', { signal: left.signal });
  };
  try {
    const messages = [{ role: 'user' as const, content: message }];
    const stream = await openai.chat.completions.create(
      { model: CHAT_MODEL, messages, stream: true },
      turn.with({ signal }),
    );
    response.set({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache, no-transform' });
    for await (const chunk of stream) await send(`data: ${JSON.stringify(chunk)}\n\n`);
    await turn.stored({ timeoutMs: 2000 }); // what is asked next shows it
    await send(usageFrame(await turn.usage()));
    await send('data: [DONE]\n\n');
  } catch {
    // What providers say of their errors quotes keys and prompts, so people are told less.
    const error = { message: 'the model did not answer' };
    if (response.headersSent) await send(`data: ${JSON.stringify({ error })}\n\n`);
    else response.status(502).json({ error });
  }
  response.end();
});

// The widget's endpoint: tokens of the guest that asks, and of nobody else.
const usage = usageHandler({
  store,
  authenticate: (_request, { userId }: GuestRequest) => (userId === undefined ? null : { userId }),
});
app.get('/api/usage', nodeHandler(usage));

const server = app.listen(port, '127.0.0.1', (error) => {
  if (error) cannotListen(error);
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
