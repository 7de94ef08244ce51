import { chatAnswer, recordedAnswer } from '@kilotoken/core/testing';
import type { DropInCheck } from '../drop-in-check.ts';
import { all, chat, chatStream, errorOf } from '../host.ts';

const asking = { ...chatStream, stream_options: { include_usage: true } };

/** Usage objects as no provider should send them, and what is made of each. */
const usages: readonly (readonly [what: string, usage: string, origin: 'reported' | 'missing'])[] = [
  ['negative', '{"prompt_tokens":-5,"completion_tokens":2,"total_tokens":-3}', 'reported'],
  ['2^53', '{"prompt_tokens":9007199254740993,"completion_tokens":2,"total_tokens":9007199254740995}', 'reported'],
  ['1e400', '{"prompt_tokens":1e400,"completion_tokens":2,"total_tokens":1e400}', 'reported'],
  ['given as text', '{"prompt_tokens":"3","completion_tokens":"2","total_tokens":"5"}', 'reported'],
  ['fractional', '{"prompt_tokens":3.5,"completion_tokens":2,"total_tokens":5.5}', 'reported'],
  ['null', '{"prompt_tokens":null,"completion_tokens":null,"total_tokens":null}', 'missing'],
  ['words', '{"prompt_tokens":"many","completion_tokens":{},"total_tokens":[]}', 'missing'],
  ['absent', '{}', 'missing'],
  ['nested deep', `{"prompt_tokens":3,"completion_tokens":2,"x":${'['.repeat(200)}${']'.repeat(200)}}`, 'reported'],
];

/** What providers, networks and hosts get wrong. */
export const badInputChecks: readonly DropInCheck[] = [
  ...usages.map(([what, usage, origin]): DropInCheck => ({
    name: `counts that are ${what} reach the host as they are, and the record as counts or not at all`,
    provider: () => ({ answers: Array.from({ length: 3 }, () => chatAnswer({ usage })) }),
    see: async ({ openai }) => [
      await openai.chat.completions.create(chat),
      await all(await openai.chat.completions.create(asking)),
      await all(await openai.chat.completions.create(chatStream)),
    ],
    records: Array.from({ length: 3 }, () => `chat completed ${origin}`),
    hasHiddenUsage: true,
  })),
  {
    name: 'a usage that is no JSON (NaN) is the same error, and no count',
    provider: () => ({ handle: () => chatAnswer({ usage: '{"prompt_tokens":NaN,"total_tokens":NaN}' }) }),
    see: async ({ openai }) => ((await errorOf(openai.chat.completions.create(chat))) as { name?: string }).name,
    records: ['chat completed missing'],
    hasHiddenUsage: true,
  },
  ...(['[]', '"none"', '5', 'false', '{"usage":{"prompt_tokens":3}}'] as const).map((usage): DropInCheck => ({
    name: `a usage that is ${usage} instead of an object of counts is left as it is`,
    provider: () => ({ answers: [chatAnswer({ usage }), chatAnswer({ usage })] }),
    see: async ({ openai }) => [
      await openai.chat.completions.create(chat),
      await all(await openai.chat.completions.create(asking)),
    ],
    records: ['chat completed missing', 'chat completed missing'],
    hasHiddenUsage: true,
  })),
  {
    name: 'an event of 5 MB, in reads of 64 KiB, gives the same chunk, and the usage behind it is read',
    provider: () => ({ answers: [chatAnswer({ tokens: ['x'.repeat(5_000_000), 'y'], splitEvery: 65_536 })] }),
    // Above 64 KiB an event flows through as it is: the `usage` of null that asking put into it stays.
    see: async ({ openai }) =>
      (await all(await openai.chat.completions.create(chatStream))).map(({ usage: _, ...chunk }) => chunk),
    records: ['chat completed reported'],
  },
  {
    name: 'a plain answer of 5 MB is the same, and its usage is read',
    provider: () => ({ answers: [chatAnswer({ text: 'x'.repeat(5_000_000), splitEvery: 65_536 })] }),
    see: async ({ openai }) => openai.chat.completions.create(chat),
    records: ['chat completed reported'],
  },
  {
    name: 'an empty stream, and one of comments only, end as with a bare client',
    provider: () => ({
      answers: ['', ': nothing\n\n: at all\n\n', '\n\n\n\n'].map((body) =>
        recordedAnswer({ body, contentType: 'text/event-stream' }),
      ),
    }),
    see: async ({ openai }) => {
      const seen: unknown[] = [];
      for (let count = 0; count < 3; count += 1) {
        seen.push(await errorOf(openai.chat.completions.create(chatStream).then(all)));
      }
      return seen;
    },
    records: Array.from({ length: 3 }, () => 'chat completed missing'),
  },
  {
    name: 'an event stream answering a plain call, and JSON answering a stream, are the same',
    provider: () => ({
      answers: [
        recordedAnswer({ body: 'data: {"choices":[]}\n\ndata: [DONE]\n\n' }),
        recordedAnswer({ body: '{"choices":[],"usage":{"prompt_tokens":3,"total_tokens":3}}' }),
        recordedAnswer({ body: 'plain text', contentType: 'text/plain' }),
      ],
    }),
    see: async ({ openai }) => [
      await errorOf(openai.chat.completions.create(chat)),
      await errorOf(openai.chat.completions.create(chatStream).then(all)),
      await openai.chat.completions.create(chat),
    ],
    records: ['chat completed missing', 'chat completed reported', 'chat completed missing'],
    hasHiddenUsage: true,
  },
  {
    name: 'text of the model that looks like usage, like an event or like the end is only text',
    provider: () => ({
      answers: [
        chatAnswer({
          tokens: ['"usage":null', ',"usage":{"prompt_tokens":999}', 'data: [DONE]\n\n', '{"choices":[]}'],
        }),
      ],
    }),
    see: async ({ openai }) => all(await openai.chat.completions.create(chatStream)),
    records: ['chat completed reported'],
  },
];
