import type { DropInCheck } from '../drop-in-check.ts';
import { all, chat, chatStream, errorOf, viewOf } from '../host.ts';

/** The objects a host gets beside the data: promise, stream, response, ids, headers. */
export const streamObjectChecks: readonly DropInCheck[] = [
  {
    name: 'the promise of a call is of the same class and has the same members',
    see: async ({ openai }) => {
      const promise = openai.chat.completions.create(chat);
      await promise;
      return { constructor: promise.constructor, members: Object.keys(promise) };
    },
    records: ['chat completed reported'],
  },
  {
    name: 'a stream is of the same class, and its controller ends it',
    see: async ({ openai }) => {
      const stream = await openai.chat.completions.create(chatStream);
      const seen = [];
      for await (const chunk of stream) {
        seen.push(chunk);
        if (seen.length === 2) stream.controller.abort();
      }
      return {
        constructor: stream.constructor,
        controller: stream.controller.constructor,
        isAborted: stream.controller.signal.aborted,
        members: Object.keys(stream),
        seen: seen.slice(0, 2),
      };
    },
    records: ['chat stopped estimated'],
    hasHiddenUsage: true,
  },
  {
    name: 'reading a stream twice fails in the same way',
    see: async ({ openai }) => {
      const stream = await openai.chat.completions.create(chatStream);
      const first = await all(stream);
      return { first, second: await errorOf(all(stream)) };
    },
    records: ['chat completed reported'],
  },
  {
    name: 'both halves of a tee give every chunk',
    needs: (_openai, major) => major > 4,
    see: async ({ openai }) => {
      const stream = await openai.chat.completions.create(chatStream);
      const halves = stream.tee();
      const [left, right] = await Promise.all([all(halves[0]), all(halves[1])]);
      return { left, right, constructor: halves[0].constructor };
    },
    records: ['chat completed reported'],
  },
  {
    name: 'toReadableStream gives the same lines',
    needs: (_openai, major) => major > 4,
    see: async ({ openai }) => {
      const stream = await openai.chat.completions.create(chatStream);
      return new Response(stream.toReadableStream() as ReadableStream<Uint8Array<ArrayBuffer>>).text();
    },
    records: ['chat completed reported'],
  },
  {
    name: 'a stream cut out of toReadableStream ends the call',
    needs: (_openai, major) => major > 4,
    see: async ({ openai, provider }) => {
      const stream = await openai.chat.completions.create(chatStream);
      const reader = stream.toReadableStream().getReader();
      await reader.read();
      const { done } = await reader.read();
      await reader.cancel();
      await (
        await provider.request(1)
      ).finished;
      return done;
    },
    records: ['chat stopped estimated'],
    hasHiddenUsage: true,
  },
  {
    name: 'withResponse gives the response and the request id, plain and streamed',
    needs: (_openai, major) => major > 4,
    see: async ({ openai }) => {
      const plain = await openai.chat.completions.create(chat).withResponse();
      const streamed = await openai.chat.completions.create(chatStream).withResponse();
      const chunks = await all(streamed.data);
      return {
        plain: { data: plain.data, response: viewOf(plain.response), id: plain.request_id },
        streamed: { chunks, response: viewOf(streamed.response), id: streamed.request_id },
        members: Object.keys(plain),
      };
    },
    records: ['chat completed reported', 'chat completed reported'],
  },
  {
    name: 'asResponse gives the unread response, plain and streamed',
    see: async ({ openai }) => {
      const plain = await openai.chat.completions.create(chat).asResponse();
      const streamed = await openai.chat.completions.create(chatStream).asResponse();
      const views = [viewOf(plain), viewOf(streamed)];
      return { views, json: await plain.json(), text: await streamed.text() };
    },
    records: ['chat completed reported', 'chat completed reported'],
  },
  {
    name: 'the response is the very object the inner fetch gave, and so are its headers',
    needs: (_openai, major) => major > 4,
    see: async ({ create }) => {
      const given: Response[] = [];
      const openai = create({
        fetch: async (input, init) => {
          const response = await fetch(input, init);
          given.push(response);
          return response;
        },
      });
      const { data, response } = await openai.chat.completions.create(chatStream).withResponse();
      await all(data);
      const same = [response === given[0], response.headers === given[0]?.headers];
      return { same, bodyUsed: response.bodyUsed, locked: response.body?.locked };
    },
    records: ['chat completed reported'],
  },
  {
    name: 'a response read in any other way gives the same bytes',
    needs: (_openai, major) => major > 4,
    see: async ({ openai }) => {
      const streamed = (): Promise<Response> => openai.chat.completions.create(chatStream).asResponse();
      const bytes = async (response: Response): Promise<string> => Buffer.from(await response.arrayBuffer()).toString();
      const withoutIds = (text: string): string => text.replaceAll(/chatcmpl-\d+/g, 'id');
      const reader = async (response: Response): Promise<string> => {
        const decoder = new TextDecoder();
        let text = '';
        const source = response.body?.getReader();
        for (let part = await source?.read(); part?.done === false; part = await source?.read()) {
          text += decoder.decode(part.value, { stream: true });
        }
        return text;
      };
      const iterated = async (response: Response): Promise<string> => {
        let text = '';
        for await (const part of response.body ?? []) text += Buffer.from(part).toString();
        return text;
      };
      const cloned = async (response: Response): Promise<string> => {
        const copy = response.clone();
        const [mine, theirs] = await Promise.all([response.text(), copy.text()]);
        return mine === theirs ? mine : 'the halves differ';
      };
      const teed = async (response: Response): Promise<string> => {
        const [left, right] = response.body?.tee() ?? [];
        const texts = await Promise.all([new Response(left ?? null).text(), new Response(right ?? null).text()]);
        return texts[0] === texts[1] ? texts[0] : 'the halves differ';
      };
      const piped = (response: Response): Promise<string> =>
        new Response(response.body?.pipeThrough(new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>())).text();
      const blob = async (response: Response): Promise<string> => (await response.blob()).text();
      const texts: string[] = [];
      for (const read of [bytes, reader, iterated, cloned, teed, piped, blob, (one: Response) => one.text()]) {
        texts.push(withoutIds(await read(await streamed())));
      }
      return texts;
    },
    records: Array.from({ length: 8 }, () => 'chat completed reported'),
  },
];
