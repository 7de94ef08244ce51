import { chatAnswer } from '@kilotoken/core/testing';
import type { DropInCheck } from '../drop-in-check.ts';
import { all, chat, chatStream, viewOf } from '../host.ts';

/** Chat and legacy completions: what comes back, in which objects, and what goes out for it. */
export const chatChecks: readonly DropInCheck[] = [
  {
    name: 'a plain chat answer is the same object, with its request id',
    see: async ({ openai }) => {
      const answer = await openai.chat.completions.create(chat);
      // Not enumerable, so that comparing answers does not compare it.
      return { answer, requestId: Reflect.get(answer, '_request_id') };
    },
    records: ['chat completed reported'],
  },
  {
    name: 'a chat stream gives the same chunks, none of them with usage',
    see: async ({ openai }) => all(await openai.chat.completions.create(chatStream)),
    records: ['chat completed reported'],
  },
  {
    name: 'a chat stream whose host asked for usage keeps the usage chunk',
    see: async ({ openai }) =>
      all(await openai.chat.completions.create({ ...chatStream, stream_options: { include_usage: true } })),
    records: ['chat completed reported'],
  },
  {
    name: 'stream options of the host other than usage reach the provider, and usage stays hidden',
    see: async ({ openai, provider }) => {
      const options = [null, {}, { include_usage: false }, { include_obfuscation: false }];
      const chunks = [];
      for (const stream_options of options) {
        const body = { ...chatStream, stream_options } as typeof chatStream;
        // The wire of a bare client that writes `null` or `false` and gets no usage is the one to look like.
        chunks.push((await all(await openai.chat.completions.create(body))).map(({ id: _, ...chunk }) => chunk));
      }
      const wire = provider.requests.map(({ body }) => body?.['stream_options']);
      const rest = wire.map((value) => ({ ...(value as object | null), include_usage: undefined }));
      // A provider whose stream options were named, but without usage, sends `usage: null` to nobody.
      return { chunks, rest };
    },
    records: Array.from({ length: 4 }, () => 'chat completed reported'),
    hasOwnWire: true,
  },
  {
    name: 'the bytes of a stream are those of an answer nobody asked for usage in',
    see: async ({ openai }) => {
      const response = await openai.chat.completions.create(chatStream).asResponse();
      const before = viewOf(response);
      const text = await response.text();
      return { before, text, after: viewOf(response) };
    },
    records: ['chat completed reported'],
  },
  {
    name: 'a stream with CRLF, comments, a byte order mark and obfuscation gives the same chunks',
    provider: () => ({
      answers: [
        chatAnswer({ lineEnd: '\r\n', comment: 'OPENROUTER PROCESSING', obfuscation: true }),
        chatAnswer({ bom: true, splitEvery: 7 }),
        chatAnswer({ eventsPerWrite: 3, usageAt: 'after-finish', usageWhen: 'always' }),
      ],
    }),
    see: async ({ openai }) => {
      const streams = [];
      for (let count = 0; count < 3; count += 1) {
        streams.push(
          (await all(await openai.chat.completions.create(chatStream))).map(({ usage: _, ...rest }) => rest),
        );
      }
      return streams;
    },
    records: Array.from({ length: 3 }, () => 'chat completed reported'),
  },
  {
    name: 'a gzipped answer, plain and streamed, reads the same',
    provider: () => ({ answers: [chatAnswer({ gzip: true }), chatAnswer({ gzip: true })] }),
    see: async ({ openai }) => [
      await openai.chat.completions.create(chat),
      await all(await openai.chat.completions.create(chatStream)),
    ],
    records: ['chat completed reported', 'chat completed reported'],
  },
  {
    name: 'legacy completions, plain and streamed, are the same',
    see: async ({ openai }) => {
      const body = { model: 'gpt-3.5-turbo-instruct', prompt: 'Name a river' };
      const plain = await openai.completions.create(body);
      return { plain, chunks: await all(await openai.completions.create({ ...body, stream: true })) };
    },
    records: ['completions completed reported', 'completions completed reported'],
  },
  {
    name: 'tool calls in a stream come in the same pieces',
    provider: () => ({ answers: [chatAnswer({ toolCalls: [{ name: 'weather', arguments: { city: 'Paris' } }] })] }),
    see: async ({ openai }) => all(await openai.chat.completions.create(chatStream)),
    records: ['chat completed reported'],
  },
  {
    name: 'usage that grows from chunk to chunk counts once',
    provider: () => ({ answers: [chatAnswer({ text: 'one two three', usageAt: 'every-chunk', usageWhen: 'always' })] }),
    see: async ({ openai }) => all(await openai.chat.completions.create(chatStream)),
    records: ['chat completed reported'],
  },
  {
    name: 'cached and reasoning tokens are parts of their totals',
    provider: () => ({ answers: [chatAnswer({ usage: usageWithParts }), chatAnswer({ usage: usageWithParts })] }),
    see: async ({ openai }) => [
      await openai.chat.completions.create(chat),
      await all(await openai.chat.completions.create(chatStream)),
    ],
    records: ['chat completed reported', 'chat completed reported'],
  },
  {
    name: 'a call makes one request, also where its promise is used more than once',
    see: async ({ openai, provider }) => {
      const promise = openai.chat.completions.create(chat);
      const answers = [await promise, await promise, await promise.withResponse().then(({ data }) => data)];
      return { answers, requests: provider.requests.length };
    },
    records: ['chat completed reported'],
  },
  {
    name: 'a call has left before anybody awaits it',
    see: async ({ openai, provider }) => {
      const promise = openai.chat.completions.create(chat);
      const { sequence } = await provider.request(1);
      await promise;
      return sequence;
    },
    records: ['chat completed reported'],
  },
];

const usageWithParts = {
  prompt_tokens: 20,
  completion_tokens: 10,
  total_tokens: 30,
  prompt_tokens_details: { cached_tokens: 16, audio_tokens: 1 },
  completion_tokens_details: { reasoning_tokens: 8, audio_tokens: 1 },
};
