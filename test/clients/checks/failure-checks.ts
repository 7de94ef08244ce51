import { chatAnswer, errorAnswer, recordedAnswer } from '@kilotoken/core/testing';
import type { ProviderAnswer } from '@kilotoken/core/testing';
import type { DropInCheck } from '../drop-in-check.ts';
import { all, chat, chatStream, errorOf } from '../host.ts';

/** Errors, retries, and refusals of what was asked for. */
export const failureChecks: readonly DropInCheck[] = [
  ...[400, 401, 403, 404, 409, 422, 429, 500, 503].map((status): DropInCheck => ({
    name: `an answer of ${status} is the same error, with all its fields`,
    provider: () => ({
      answers: [errorAnswer({ status, code: 'some_code', param: 'some_param', message: 'Not like this' })],
    }),
    see: async ({ openai }) => errorOf(openai.chat.completions.create(chat)),
    records: [`chat ${status < 500 ? 'refused' : 'failed'} missing`],
  })),
  {
    name: 'the headers of an error are those of the fetch, by identity where the SDK keeps them',
    provider: () => ({ answers: [errorAnswer({ status: 429 })] }),
    see: async ({ create }) => {
      let given: Response | undefined;
      const openai = create({
        fetch: async (input, init) => {
          given = await fetch(input, init);
          return given;
        },
      });
      const error = await openai.chat.completions.create(chat).catch((thrown: unknown) => thrown);
      return { isSame: (error as { headers?: unknown }).headers === given?.headers, bodyUsed: given?.bodyUsed };
    },
    records: ['chat refused missing'],
  },
  {
    name: 'a retry by the SDK is a second attempt of the same call',
    provider: () => ({ answers: [errorAnswer({ status: 429, retryAfterMs: 1 })] }),
    see: async ({ create, provider }) => {
      const answer = await create({ maxRetries: 2 }).chat.completions.create(chat);
      return { answer, requests: provider.requests.length };
    },
    records: ['chat refused missing', 'chat completed reported'],
  },
  {
    name: 'a stream that is retried gives the chunks of its second attempt',
    provider: () => ({ answers: [errorAnswer({ status: 500, retryAfterMs: 1 })] }),
    see: async ({ create }) => all(await create({ maxRetries: 2 }).chat.completions.create(chatStream)),
    records: ['chat failed missing', 'chat completed reported'],
  },
  {
    name: 'retries that run out end in the error of the last attempt',
    provider: () => ({ handle: () => errorAnswer({ status: 503, retryAfterMs: 1 }) }),
    see: async ({ create }) => errorOf(create({ maxRetries: 2 }).chat.completions.create(chat)),
    records: ['chat failed missing', 'chat failed missing', 'chat failed missing'],
  },
  ...(['named', 'named-422', 'unnamed'] as const).map((rejectStreamOptions): DropInCheck => ({
    name: `a provider that refuses to be asked (${rejectStreamOptions}) is sent the host's own body, and never asked again`,
    provider: () => ({ rejectStreamOptions }),
    see: async ({ openai }) => {
      const streams = [await openai.chat.completions.create(chatStream).then(all)];
      streams.push(await openai.chat.completions.create(chatStream).then(all));
      return streams.map((chunks) => chunks.map(({ id: _, ...chunk }) => chunk));
    },
    records: ['chat refused missing', 'chat completed missing', 'chat completed missing'],
    hasOwnWire: true,
  })),
  {
    name: 'a long refusal by a provider that has taken such a stream before reaches the host whole',
    provider: () => ({
      answers: [chatAnswer({}), errorAnswer({ status: 422, message: `Not like this: ${'x'.repeat(300_000)}` })],
    }),
    see: async ({ openai }) => {
      const chunks = await openai.chat.completions.create(chatStream).then(all);
      return { chunks: chunks.length, error: await errorOf(openai.chat.completions.create(chatStream)) };
    },
    records: ['chat completed reported', 'chat refused missing'],
    hasHiddenUsage: true,
  },
  {
    name: 'a mistake of the host in a stream that asks is answered with its own error',
    provider: () => ({ handle: () => errorAnswer({ status: 400, message: 'No such thing', param: 'messages' }) }),
    see: async ({ openai }) => {
      const error = await errorOf(openai.chat.completions.create(chatStream));
      // The answer is that of a second request.
      return JSON.parse(JSON.stringify(error).replaceAll(/"req_\d"/g, '"id"')) as unknown;
    },
    records: ['chat refused missing', 'chat refused missing'],
    hasOwnWire: true,
  },
  {
    name: 'an error chunk inside a stream is the same error, and its usage counts',
    provider: () => ({
      answers: [chatAnswer({ text: 'one two three', errorChunk: { afterTokens: 2, hasUsage: true } })],
    }),
    see: async ({ openai }) => errorOf(openai.chat.completions.create(chatStream).then(all)),
    records: ['chat failed reported'],
  },
  {
    name: 'a body that is no JSON is the same error',
    provider: () => ({ answers: [recordedAnswer({ body: '{"choices": [', contentType: 'application/json' })] }),
    see: async ({ openai }) => ((await errorOf(openai.chat.completions.create(chat))) as { name?: string }).name,
    records: ['chat completed missing'],
  },
  {
    name: 'a stream event that is no JSON is the same error',
    provider: () => ({
      answers: [recordedAnswer({ body: `data: {"choices": [\n\n${': more\n\n'.repeat(5)}data: [DONE]\n\n` })],
    }),
    see: async ({ openai }) => quietly(() => errorOf(openai.chat.completions.create(chatStream).then(all))),
    records: ['chat stopped estimated'],
  },
  {
    name: 'a torn gzip body is the same error, plain and streamed',
    provider: () => ({ answers: [torn, torn] }),
    see: async ({ openai }) => [
      await errorOf(openai.chat.completions.create(chat)),
      await errorOf(openai.chat.completions.create(chatStream).then(all)),
    ],
    // Both kinds of fetch take a torn archive for a short answer.
    records: ['chat completed missing', 'chat completed missing'],
    hasHiddenUsage: true,
  },
];

const torn: ProviderAnswer = chatAnswer({
  text: 'one two three four five six',
  gzip: true,
  cut: { afterBytes: 100, how: 'end' },
});

/** The SDK writes what it could not parse to the console. */
async function quietly<Value>(work: () => Promise<Value>): Promise<Value> {
  const { error } = console;
  console.error = () => undefined;
  try {
    return await work();
  } finally {
    console.error = error;
  }
}
