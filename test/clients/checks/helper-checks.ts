import { chatAnswer } from '@kilotoken/core/testing';
import type { OpenAI } from 'openai';
import type { DropInCheck } from '../drop-in-check.ts';
import { chat, chatStream, errorOf, helpersOf } from '../host.ts';

const schema = {
  name: 'river',
  strict: true,
  schema: {
    type: 'object',
    properties: { name: { type: 'string' } },
    required: ['name'],
    additionalProperties: false,
  },
};
const structured = { ...chat, response_format: { type: 'json_schema' as const, json_schema: schema } };

/** The helpers of the SDK that make calls of their own. */
export const helperChecks: readonly DropInCheck[] = [
  {
    name: 'the stream helper tells the same events and gives the same final answer',
    needs: helpersOf,
    see: async ({ openai }) => {
      const stream = helpersOf(openai)?.stream(chat);
      const events: unknown[] = [];
      for (const name of ['connect', 'chunk', 'content', 'finalContent', 'totalUsage', 'end'] as const) {
        stream?.on(name, (...parts: unknown[]) => events.push([name, parts.length, JSON.stringify(parts)]));
      }
      const final = await stream?.finalChatCompletion();
      return { events, final, constructor: stream?.constructor };
    },
    records: ['chat completed reported'],
  },
  {
    name: 'a stream helper whose host asked for usage tells the total',
    needs: helpersOf,
    see: async ({ openai }) => {
      const stream = helpersOf(openai)?.stream({ ...chat, stream_options: { include_usage: true } });
      return { usage: await stream?.totalUsage(), final: await stream?.finalChatCompletion() };
    },
    records: ['chat completed reported'],
  },
  {
    name: 'an aborted stream helper fails in the same way',
    needs: helpersOf,
    see: async ({ openai, provider }) => {
      const stream = helpersOf(openai)?.stream(chat);
      stream?.on('content', () => stream.abort());
      const error = await errorOf(stream?.done() ?? Promise.resolve());
      await (
        await provider.request(1)
      ).finished;
      return { error, isAborted: stream?.aborted };
    },
    records: ['chat stopped estimated'],
    hasHiddenUsage: true,
  },
  {
    name: 'parse gives the parsed message',
    needs: (openai) => (helpersOf(openai) as Partial<OpenAI['chat']['completions']> | undefined)?.parse,
    provider: () => ({ answers: [chatAnswer({ tokens: ['{"name":', '"Rhine"}'] })] }),
    see: async ({ openai }) => helpersOf(openai)?.parse(structured),
    records: ['chat completed reported'],
  },
  {
    name: 'runTools makes its rounds, each of them one record',
    needs: (openai, major) => major > 4 && helpersOf(openai),
    provider: () => ({
      answers: [
        chatAnswer({ toolCalls: [{ name: 'length', arguments: { river: 'Rhine' } }] }),
        chatAnswer({ text: 'It has 1233 km' }),
      ],
    }),
    see: async ({ openai }) => {
      const runner = helpersOf(openai)?.runTools({ ...chat, tools: [lengthTool] });
      return { content: await runner?.finalContent(), messages: runner?.messages };
    },
    records: ['chat completed reported', 'chat completed reported'],
  },
  {
    name: 'a streaming runTools makes its rounds, each of them one record',
    needs: (openai, major) => major > 4 && helpersOf(openai),
    provider: () => ({
      answers: [
        chatAnswer({ toolCalls: [{ name: 'length', arguments: { river: 'Rhine' } }] }),
        chatAnswer({ text: 'It has 1233 km' }),
      ],
    }),
    see: async ({ openai }) => {
      const runner = helpersOf(openai)?.runTools({ ...chatStream, tools: [lengthTool] });
      return { content: await runner?.finalContent(), messages: runner?.messages };
    },
    records: ['chat completed reported', 'chat completed reported'],
  },
];

const lengthTool = {
  type: 'function' as const,
  function: {
    name: 'length',
    description: 'Length of a river',
    parameters: { type: 'object', properties: { river: { type: 'string' } } },
    parse: (text: string): { river: string } => JSON.parse(text) as { river: string },
    function: ({ river }: { river: string }): string => `${river}: 1233 km`,
  },
};
