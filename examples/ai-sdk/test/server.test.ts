import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteStore } from '@kilotoken/core';
import { chatAnswer, errorAnswer, type FakeProvider, fakeProvider } from '@kilotoken/core/testing';
import {
  readUIMessageStream,
  uiMessageChunkSchema,
  type UIMessage,
  type UIMessageChunk,
  parseJsonEventStream,
} from 'ai';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { servedProcess, type ServedProcess } from '../../../test/served-process.ts';

const root = join(import.meta.dirname, '../../..');

let folder: string;
let provider: FakeProvider;
let served: ServedProcess;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'example-ai-sdk-'));
  provider = await fakeProvider();
  served = await servedProcess(['npm', 'run', '--silent', 'demo:ai-sdk'], root, {
    PORT: '0',
    OPENAI_BASE_URL: provider.baseURL,
    OPENAI_API_KEY: 'test',
    USAGE_DB: join(folder, 'usage.db'),
  });
});
afterEach(async () => {
  await served[Symbol.asyncDispose]();
  await provider.close();
  rmSync(folder, { recursive: true });
});

test('a message with a tool call makes two requests; the browser is told their sum, and the guest sees it', async () => {
  provider.enqueue(
    chatAnswer({ toolCalls: [{ name: 'time', arguments: {} }], finishReason: 'tool_calls' }),
    chatAnswer({ text: 'It is late' }),
  );
  const response = await say('What time is it?');
  const message = await messageOf(response);
  const { totalTokens } = provider.generated.tokens;
  expect(provider.requests).toHaveLength(2);
  expect(textOf(message)).toBe('It is late');
  expect(message.parts).toContainEqual(expect.objectContaining({ type: 'tool-time', state: 'output-available' }));
  expect(message.parts.at(-1)).toMatchObject({ type: 'data-usage', data: { add: { total: totalTokens } } });

  const cookie = response.headers.getSetCookie()[0] ?? '';
  expect(await usageOf(cookie)).toMatchObject({ total: totalTokens });
  expect(await usageOf('')).toMatchObject({ total: 0 });
  await served.stop('SIGTERM');
  expect(served.lines).toEqual([]);
  expect(await stored()).toEqual({ calls: 2, totalTokens });
});

test('a provider that fails is an error of the message, without its words; shutdown does not wait for one that hangs', async () => {
  provider.handle(() => errorAnswer({ status: 401, message: 'Incorrect API key: secret' }));
  const wire = await (await say('hello')).text();
  expect(wire.match(/"type":"error".*/g)).toEqual(['"type":"error","errorText":"An error occurred."}']);
  expect(wire).not.toContain('secret');

  provider.handle(() => chatAnswer({ tokens: ['Half', ' of', ' it'], stall: { afterEvents: 3 } }));
  const reader = (await say('hello')).body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('Half')) text += (await reader.read()).value;
  await served.stop('SIGTERM');
  for (let read = await reader.read(); !read.done; read = await reader.read()) text += read.value;
  expect(text).toMatch(/"data-usage".*"estimated":[1-9]/);
  expect(await stored()).toMatchObject({ calls: 2 });
});

test('what is no conversation is answered 400, and reaches no provider', async () => {
  const ask = (body: string) => fetch(`${served.url}/api/chat`, { method: 'POST', body });
  const answers = await Promise.all(['{}', '{"messages":1}', '{"messages":[{"role":"user"}]}', '{', 'null'].map(ask));
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400]);
  expect((await fetch(served.url)).status).toBe(404);
  expect(provider.requests).toEqual([]);
});

test('a port that is taken is told in one line', async () => {
  const { port } = new URL(served.url);
  const command = ['npm', 'run', '--silent', 'demo:ai-sdk', '--', '--port', port];
  await expect(servedProcess(command, root, { USAGE_DB: join(folder, 'other.db') })).rejects.toThrow(
    `:\nlisten EADDRINUSE: address already in use 127.0.0.1:${port}. Choose another with --port.\n`,
  );
});

function say(text: string): Promise<Response> {
  const messages: readonly UIMessage[] = [{ id: 'm1', role: 'user', parts: [{ type: 'text', text }] }];
  return fetch(`${served.url}/api/chat`, { method: 'POST', body: JSON.stringify({ messages }) });
}

/** As `useChat` reads it. */
async function* chunksOf(response: Response): AsyncGenerator<UIMessageChunk> {
  const stream = parseJsonEventStream({ stream: response.body!, schema: uiMessageChunkSchema });
  for await (const result of stream) {
    if (!result.success) throw result.error;
    yield result.value;
  }
}

async function messageOf(response: Response): Promise<UIMessage> {
  const stream = ReadableStream.from(chunksOf(response));
  let last: UIMessage | undefined;
  for await (const message of readUIMessageStream({ stream })) last = message;
  if (last === undefined) throw new Error('no message came');
  return last;
}

function textOf({ parts }: UIMessage): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

async function usageOf(cookie: string): Promise<unknown> {
  return (await fetch(`${served.url}/api/usage`, { headers: { cookie: cookie.split(';')[0] ?? '' } })).json();
}

async function stored() {
  const store = sqliteStore({ path: join(folder, 'usage.db') });
  const { calls, tokens } = await store.totals({});
  await store.close();
  return { calls, totalTokens: tokens.totalTokens };
}
