import { chatAnswer, errorAnswer } from '@kilotoken/core/testing';
import type { FakeProviderOptions } from '@kilotoken/core/testing';
import type OpenAI from 'openai';
import { chat, chatStream } from './tasks/requests.ts';

/** One way to use the client, or one way for an answer to end. */
export interface Scenario {
  readonly name: string;
  readonly group: 'surface' | 'ending';
  /** Whether the provider gets to say the usage, or the answer ends before that. */
  readonly ends: 'complete' | 'cut';
  readonly provider?: () => FakeProviderOptions;
  readonly maxRetries?: number;
  /** Uses the client, and says what the app saw. */
  run(openai: OpenAI): Promise<unknown>;
}

/** Events of a stream of these: the role, one per token, the finish reason, the usage where asked for, `[DONE]`. */
const tokens = ['Rhine, ', 'Rhone, ', 'Po, ', 'Oder, ', 'Elbe'];
const streamed =
  (options: Parameters<typeof chatAnswer>[0] = {}) =>
  (): FakeProviderOptions => ({
    answers: [chatAnswer({ tokens, ...options })],
  });
const river = {
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
  additionalProperties: false,
};
const lengthTool = {
  type: 'function' as const,
  function: {
    name: 'length',
    description: 'Length of a river',
    parameters: river,
    parse: (text: string): { name: string } => JSON.parse(text) as { name: string },
    function: ({ name }: { name: string }): string => `${name}: 1233 km`,
  },
};
const responsesRequest = { model: 'gpt-5-mini', input: 'Name three rivers' };

export const scenarios: readonly Scenario[] = [
  surface('chat', (openai) => openai.chat.completions.create(chat)),
  surface('chat stream, app asks', async (openai) => all(await openai.chat.completions.create(chatStream(true)))),
  surface('chat stream, app does not ask', async (openai) =>
    all(await openai.chat.completions.create(chatStream(false))),
  ),
  surface('responses', (openai) => openai.responses.create(responsesRequest)),
  surface('responses stream', async (openai) =>
    all(await openai.responses.create({ ...responsesRequest, stream: true })),
  ),
  surface('embeddings', (openai) =>
    openai.embeddings.create({ model: 'text-embedding-3-small', input: 'Name three rivers' }),
  ),
  {
    ...surface('parse()', (openai) =>
      openai.chat.completions.parse({
        ...chat,
        response_format: { type: 'json_schema', json_schema: { name: 'river', strict: true, schema: river } },
      }),
    ),
    provider: () => ({ answers: [chatAnswer({ tokens: ['{"name":', '"Rhine"}'] })] }),
  },
  surface('stream(), iterated', async (openai) => {
    const stream = openai.chat.completions.stream({ ...chat, stream_options: { include_usage: true } });
    return { chunks: await all(stream), content: await stream.finalContent() };
  }),
  surface('stream(), by its events', async (openai) => {
    const stream = openai.chat.completions.stream({ ...chat, stream_options: { include_usage: true } });
    return { content: await stream.finalContent(), usage: await stream.totalUsage() };
  }),
  {
    ...surface('runTools()', async (openai) => {
      const runner = openai.chat.completions.runTools({ ...chat, tools: [lengthTool] });
      return { content: await runner.finalContent(), messages: runner.messages };
    }),
    provider: () => ({
      answers: [
        chatAnswer({ toolCalls: [{ name: 'length', arguments: { name: 'Rhine' } }] }),
        chatAnswer({ text: 'It has 1233 km' }),
      ],
    }),
  },
  surface('withResponse()', async (openai) => {
    const { data, response } = await openai.chat.completions.create(chat).withResponse();
    return { data, status: response.status };
  }),
  surface('withResponse(), stream', async (openai) => {
    const { data, response } = await openai.chat.completions.create(chatStream(true)).withResponse();
    return { chunks: await all(data), status: response.status };
  }),
  surface('asResponse()', async (openai) => {
    const response = await openai.chat.completions.create(chat).asResponse();
    return { status: response.status, body: await response.text() };
  }),
  surface('withOptions()', (openai) => openai.withOptions({ timeout: 60_000 }).chat.completions.create(chat)),

  { ...ending('read to the end', 'complete', (openai) => read(openai, () => false)) },
  {
    ...ending('app stops at the finish reason', 'complete', (openai) =>
      read(openai, (chunk) => chunk.choices[0]?.finish_reason === 'stop'),
    ),
  },
  {
    ...ending('app breaks', 'cut', (openai) => read(openai, (_chunk, count) => count === 3)),
    // Silent after some tokens, so that no contestant can race to the end.
    provider: streamed({ stall: { afterEvents: 4 } }),
  },
  {
    ...ending('app aborts', 'cut', async (openai) => {
      const abort = new AbortController();
      const stream = await openai.chat.completions.create(chatStream(true), { signal: abort.signal });
      const chunks: unknown[] = [];
      for await (const chunk of stream) {
        chunks.push(chunk);
        if (chunks.length === 3) abort.abort();
      }
      return chunks;
    }),
    provider: streamed({ stall: { afterEvents: 4 } }),
  },
  {
    ...ending('error event', 'cut', (openai) => read(openai, () => false)),
    provider: streamed({ errorChunk: { afterTokens: 2 } }),
  },
  {
    ...ending('socket dies', 'cut', (openai) => read(openai, () => false)),
    provider: streamed({ cut: { afterEvents: 3 } }),
  },
  {
    ...ending('never read', 'cut', async (openai) => {
      await drop(openai);
      // The collector of garbage is what ends such a stream, in an app as well as here.
      for (let round = 0; round < 10; round += 1) {
        await new Promise((resolve) => {
          setTimeout(resolve, 50);
        });
        globalThis.gc?.();
      }
      return 'left alone';
    }),
    provider: streamed({ stall: { afterEvents: 4 } }),
  },
  {
    ...ending('retry after a 500', 'complete', (openai) => read(openai, () => false)),
    provider: () => ({
      answers: [errorAnswer({ status: 500, headers: { 'retry-after-ms': '1' } }), chatAnswer({ tokens })],
    }),
    maxRetries: 2,
  },
];

function surface(name: string, run: Scenario['run']): Scenario {
  return { name, group: 'surface', ends: 'complete', run };
}

function ending(name: string, ends: Scenario['ends'], run: Scenario['run']): Scenario {
  return { name, group: 'ending', ends, provider: streamed(), run };
}

/** Asks for a stream and forgets it. */
async function drop(openai: OpenAI): Promise<void> {
  await openai.chat.completions.create(chatStream(true));
}

/** Reads a stream for which the app asks usage, until `isEnough`. What was seen before a failure is part of the view. */
async function read(
  openai: OpenAI,
  isEnough: (chunk: OpenAI.ChatCompletionChunk, count: number) => boolean,
): Promise<unknown> {
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  try {
    for await (const chunk of await openai.chat.completions.create(chatStream(true))) {
      chunks.push(chunk);
      if (isEnough(chunk, chunks.length)) break;
    }
    return { chunks };
  } catch (error) {
    return { chunks, error: errorView(error) };
  }
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** What an app can tell of an error, but for ports. */
export function errorView(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  return `${error.constructor.name}: ${error.message.replace(/127\.0\.0\.1:\d+/, 'provider')}`;
}
