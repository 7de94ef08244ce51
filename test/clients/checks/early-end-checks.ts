import { chatAnswer, responsesAnswer } from '@kilotoken/core/testing';
import type { ChatAnswerOptions, FakeProviderOptions, ProviderRequest } from '@kilotoken/core/testing';
import type { DropInCheck } from '../drop-in-check.ts';
import { all, chat, chatStream, errorOf } from '../host.ts';
import type { Host } from '../host.ts';
import type { SdkUnderTest } from '../sdk-under-test.ts';

/** Events of a stream of these: the role, one per token, the finish reason, the usage, `[DONE]`. */
const tokens = ['Rhine ', 'Rhone ', 'Po'];
const finishAt = tokens.length + 1;

const answering = (options: ChatAnswerOptions) => (): FakeProviderOptions => ({
  answers: [chatAnswer({ tokens, ...options })],
});
/** Falls silent after two tokens, until the client leaves. */
const falling = answering({ stall: { afterEvents: 3 } });
const stopped = { records: ['chat stopped estimated'], hasHiddenUsage: true } as const;

/** Waits until the provider knows how its answer ended. */
async function ending(host: Host, count = 1): Promise<Pick<ProviderRequest, 'aborted' | 'eventsSent'>> {
  const request = await host.provider.request(count);
  await request.finished;
  return { aborted: request.aborted, eventsSent: request.eventsSent };
}

/** Reads a stream until `leave` says so, and gives what was read and how the reading ended. */
async function readUntil(
  stream: AsyncIterable<unknown>,
  leave: (count: number) => void | 'break' | 'throw',
): Promise<unknown> {
  const chunks: unknown[] = [];
  const reading = async (): Promise<void> => {
    for await (const chunk of stream) {
      chunks.push(chunk);
      const how = leave(chunks.length);
      if (how === 'break') break;
      if (how === 'throw') throw new RangeError('of the host');
    }
  };
  return { error: await errorOf(reading()), chunks };
}

/** Every way an answer can end before, or other than, its end. */
export const earlyEndChecks: readonly DropInCheck[] = [
  {
    name: 'a break ends the connection, and the tokens seen are estimated',
    provider: falling,
    see: async (host) => {
      const stream = await host.openai.chat.completions.create(chatStream);
      const read = await readUntil(stream, (count) => (count === 2 ? 'break' : undefined));
      return { read, ending: await ending(host), isAborted: stream.controller.signal.aborted };
    },
    ...stopped,
  },
  {
    name: "an error of the host's own in its loop ends the connection and stays the host's",
    provider: falling,
    see: async (host) => {
      const stream = await host.openai.chat.completions.create(chatStream);
      return {
        read: await readUntil(stream, (count) => (count === 2 ? 'throw' : undefined)),
        ending: await ending(host),
      };
    },
    ...stopped,
  },
  {
    name: 'an iterator that is returned ends the connection',
    provider: falling,
    see: async (host) => {
      const stream = await host.openai.chat.completions.create(chatStream);
      const iterator = stream[Symbol.asyncIterator]();
      const read = [await iterator.next(), await iterator.next(), await iterator.return?.(), await iterator.next()];
      return { read, ending: await ending(host) };
    },
    ...stopped,
  },
  {
    name: 'a break at the finish reason still brings the exact usage',
    needs: isPrompt,
    provider: answering({ stall: { afterEvents: finishAt + 1, forMs: 60 } }),
    see: async (host) => {
      const stream = await host.openai.chat.completions.create(chatStream);
      const read = await readUntil(stream, (count) => (count === finishAt + 1 ? 'break' : undefined));
      await host.provider.request(1);
      return read;
    },
    records: ['chat stopped drained'],
  },
  {
    name: 'an abort at the finish reason ends the host at once and still brings the exact usage',
    needs: isPrompt,
    provider: answering({ stall: { afterEvents: finishAt + 1, forMs: 60 } }),
    see: async ({ openai }) => {
      const controller = new AbortController();
      const stream = await openai.chat.completions.create(chatStream, { signal: controller.signal });
      return readUntil(stream, (count) => (count === finishAt + 1 ? controller.abort() : undefined));
    },
    records: ['chat stopped drained'],
  },
  {
    name: 'an abort behind the finish reason ends the read under way at once and still brings the exact usage',
    needs: isPrompt,
    provider: answering({ stall: { afterEvents: finishAt + 1, forMs: 120 } }),
    see: async ({ openai }) => {
      const controller = new AbortController();
      const stream = await openai.chat.completions.create(chatStream, { signal: controller.signal });
      return readUntil(stream, (count) => {
        if (count === finishAt + 1) setTimeout(() => controller.abort(), 20);
      });
    },
    records: ['chat stopped drained'],
  },
  {
    name: "the host's signal aborts a stream that has begun",
    provider: falling,
    see: async (host) => {
      const controller = new AbortController();
      const stream = await host.openai.chat.completions.create(chatStream, { signal: controller.signal });
      const read = await readUntil(stream, (count) => (count === 2 ? controller.abort() : undefined));
      return { read, ending: await ending(host) };
    },
    ...stopped,
  },
  {
    name: 'a signal aborted with a reason of its own ends in the same error',
    provider: falling,
    see: async (host) => {
      const controller = new AbortController();
      const stream = await host.openai.chat.completions.create(chatStream, { signal: controller.signal });
      const read = await readUntil(stream, (count) =>
        count === 2 ? controller.abort(new RangeError('enough')) : undefined,
      );
      return { read, ending: await ending(host) };
    },
    ...stopped,
  },
  {
    name: 'stream.controller aborts a stream while a read is under way',
    provider: falling,
    see: async (host) => {
      const stream = await host.openai.chat.completions.create(chatStream);
      const read = await readUntil(stream, (count) => {
        if (count === 2) setImmediate(() => stream.controller.abort());
      });
      return { read, ending: await ending(host) };
    },
    ...stopped,
  },
  {
    name: 'an abort before the headers is the same error',
    provider: answering({ stall: {} }),
    see: async (host) => {
      const controller = new AbortController();
      const failing = errorOf(host.openai.chat.completions.create(chatStream, { signal: controller.signal }));
      await host.provider.request(1);
      controller.abort();
      return { error: await failing, ending: await ending(host) };
    },
    records: ['chat stopped missing'],
    hasHiddenUsage: true,
  },
  {
    name: 'an abort before the headers of a plain call is the same error',
    provider: answering({ stall: {} }),
    see: async (host) => {
      const controller = new AbortController();
      const failing = errorOf(host.openai.chat.completions.create(chat, { signal: controller.signal }));
      await host.provider.request(1);
      controller.abort();
      return { error: await failing, ending: await ending(host) };
    },
    records: ['chat stopped missing'],
    hasHiddenUsage: true,
  },
  {
    name: 'an abort between headers and first byte ends the stream in the same way',
    provider: answering({ stall: { afterEvents: 0 } }),
    see: async (host) => {
      const controller = new AbortController();
      const stream = await host.openai.chat.completions.create(chatStream, { signal: controller.signal });
      setImmediate(() => controller.abort());
      return { read: await readUntil(stream, () => undefined), ending: await ending(host) };
    },
    records: ['chat stopped missing'],
    hasHiddenUsage: true,
  },
  {
    name: 'a signal that is aborted already makes no request and no record',
    see: async ({ openai, provider }) => {
      const error = await errorOf(openai.chat.completions.create(chatStream, { signal: AbortSignal.abort() }));
      return { error, requests: provider.requests.length };
    },
    records: [],
  },
  {
    name: 'a time-out before the headers is the same error, and a failure',
    provider: answering({ stall: {} }),
    see: async (host) => {
      const error = await errorOf(host.openai.chat.completions.create(chatStream, { timeout: 1000 }));
      return { error, ending: await ending(host) };
    },
    records: (under) => [`chat ${outcomeOfTimeout(under)} missing`],
    hasHiddenUsage: true,
  },
  {
    name: 'a time-out that is retried is a second attempt of the same call',
    provider: answering({ stall: {} }),
    see: async ({ create }) => create({ maxRetries: 1 }).chat.completions.create(chat, { timeout: 1000 }),
    needs: (_openai, major) => major > 4,
    records: ['chat failed missing', 'chat completed reported'],
    hasHiddenUsage: true,
  },
  {
    name: 'a plain answer that stalls in its body is tried again, as openai 7 does',
    needs: (_openai, major, version) => major === 7 && version !== '7.0.0',
    provider: answering({ stall: { afterEvents: 0 } }),
    see: async ({ create }) => create({ maxRetries: 1 }).chat.completions.create(chat, { timeout: 1000 }),
    records: ['chat failed missing', 'chat completed reported'],
    hasHiddenUsage: true,
  },
  ...(['destroy', 'reset'] as const).flatMap((how): DropInCheck[] => [
    {
      name: `a socket that dies in a stream (${how}) is the same error, and the tokens seen are estimated`,
      provider: answering({ cut: { afterEvents: 3, how } }),
      see: async ({ openai }) => readUntil(await openai.chat.completions.create(chatStream), () => undefined),
      records: ['chat failed estimated'],
      hasHiddenUsage: true,
    },
    {
      name: `a socket that dies in a plain answer (${how}) is the same error`,
      // With openai 4 the bare client never hears of it where the connection is closed and not reset.
      needs: (_openai, major) => major > 4 || how === 'reset',
      provider: answering({ cut: { afterBytes: 40, how } }),
      see: async ({ openai }) => errorOf(openai.chat.completions.create(chat)),
      records: ['chat failed missing'],
      hasHiddenUsage: true,
    },
  ]),
  {
    name: 'a stream that ends without [DONE] and without its last blank line is read to its usage',
    provider: () => ({
      answers: [
        chatAnswer({ tokens, done: false }),
        chatAnswer({ tokens, lastBlankLine: false }),
        chatAnswer({ tokens, done: false, lastBlankLine: false }),
      ],
    }),
    see: async ({ openai }) => {
      const streams: unknown[] = [];
      for (let count = 0; count < 2; count += 1) {
        streams.push(await all(await openai.chat.completions.create(chatStream)));
      }
      // Without metering the finish chunk is the last one and lacks its blank line; v4 to v6 drop such an event.
      const body = { ...chatStream, stream_options: { include_usage: true } };
      return [...streams, await all(await openai.chat.completions.create(body))];
    },
    records: Array.from({ length: 3 }, () => 'chat completed reported'),
  },
  {
    name: 'usage behind [DONE] is read, also where the SDK stops at the mark',
    provider: answering({ done: 'before-usage' }),
    see: async ({ openai }) => all(await openai.chat.completions.create(chatStream)),
    records: ({ major, version }) => [
      major === 7 && version !== '7.0.0' ? 'chat completed drained' : 'chat completed reported',
    ],
  },
  {
    name: 'a stream that is never read is recorded when it is collected',
    see: async ({ openai }) => typeof (await openai.chat.completions.create(chatStream)),
    records: ['chat unread missing'],
    hasHiddenUsage: true,
  },
  {
    name: 'a raw answer that is never read is recorded when it is collected, plain and streamed',
    needs: (_openai, major) => major > 4,
    see: async ({ openai }) => [
      (await openai.chat.completions.create(chat).asResponse()).status,
      (await openai.chat.completions.create(chatStream).asResponse()).status,
    ],
    records: ['chat unread missing', 'chat unread missing'],
    hasHiddenUsage: true,
  },
  {
    name: 'one half of a tee that stops leaves the other whole',
    needs: (_openai, major) => major > 4,
    see: async ({ openai }) => {
      const [left, right] = (await openai.chat.completions.create(chatStream)).tee();
      return [await readUntil(left, (count) => (count === 2 ? 'break' : undefined)), await all(right)];
    },
    records: ['chat completed reported'],
  },
  {
    name: 'a raw body that is cancelled ends the connection',
    needs: (_openai, major) => major > 4,
    provider: falling,
    see: async (host) => {
      const { body } = await host.openai.chat.completions.create(chatStream).asResponse();
      const reader = body?.getReader();
      const parts = [await reader?.read(), await reader?.read(), await reader?.read()];
      const closed = await reader?.cancel('enough');
      reader?.releaseLock();
      const after = { locked: body?.locked, again: await body?.getReader().read() };
      return { parts: parts.map((part) => String(part?.value)), closed, after, ending: await ending(host) };
    },
    ...stopped,
  },
  {
    name: 'a raw Node body that is destroyed ends the connection',
    needs: (_openai, major) => major === 4,
    provider: falling,
    see: async (host) => {
      const { body } = await host.openai.chat.completions.create(chatStream).asResponse();
      const parts: string[] = [];
      for await (const part of body as unknown as AsyncIterable<Buffer>) {
        parts.push(part.toString());
        if (parts.length === 3) break;
      }
      return parts;
    },
    ...stopped,
  },
  {
    name: 'a response stream that is left is estimated',
    needs: (openai) => (openai as Partial<typeof openai>).responses,
    provider: () => ({ answers: [responsesAnswer({ tokens, stall: { afterEvents: 7 } })] }),
    see: async (host) => {
      const stream = await host.openai.responses.create({ model: 'm', input: 'Hi', stream: true });
      const read = await readUntil(stream, (count) => (count === 6 ? 'break' : undefined));
      return { read, ending: await ending(host) };
    },
    records: ['responses stopped estimated'],
    hasHiddenUsage: true,
  },
];

/** Older 4.x hold every chunk back until the next one is there. */
function isPrompt(_openai: unknown, _major: number, version: string): boolean {
  return version !== '4.52.0';
}

/** Time-outs look like aborts to a fetch. The SDK tells how long it waits, in whole seconds, from some 4.x on. */
function outcomeOfTimeout({ version }: SdkUnderTest): 'failed' | 'stopped' {
  return ['4.0.0', '4.52.0'].includes(version) ? 'stopped' : 'failed';
}
