import type { DropInCheck } from '../drop-in-check.ts';
import { all, chat, chatStream, errorOf } from '../host.ts';

/** The client object itself: its relatives, its options, and what it puts on the wire. */
export const clientChecks: readonly DropInCheck[] = [
  {
    name: 'the client is the object it was, of the class it was',
    see: async ({ openai, wrap }) => {
      await openai.chat.completions.create(chat);
      return {
        constructor: openai.constructor,
        isSame: wrap(openai) === openai,
        members: Object.keys(openai),
        fetchKind: typeof (openai as unknown as { fetch: unknown }).fetch,
      };
    },
    records: ['chat completed reported'],
  },
  {
    name: 'a client wrapped twice makes one record per call',
    see: async ({ openai, wrap }) => all(await wrap(wrap(openai)).chat.completions.create(chatStream)),
    records: ['chat completed reported'],
  },
  {
    name: 'clones made by withOptions are metered and keep their options',
    needs: (openai) => (openai as Partial<typeof openai>).withOptions,
    see: async ({ openai, provider }) => {
      const clone = openai.withOptions({ defaultHeaders: { 'x-clone': 'yes' } });
      const chunks = await all(await clone.chat.completions.create(chatStream));
      const second = await clone.withOptions({ maxRetries: 1 }).chat.completions.create(chat);
      const headers = provider.requests.map((request) => request.headers['x-clone']);
      return { chunks, second, headers, constructor: clone.constructor };
    },
    records: ['chat completed reported', 'chat completed reported'],
  },
  {
    name: 'an Azure client reaches its deployment and is metered',
    needs: (openai, major) => major > 4 && openai,
    see: async ({ under, provider, wrap }) => {
      const client = new under.sdk.AzureOpenAI({
        endpoint: new URL(provider.baseURL).origin,
        apiKey: 'test',
        apiVersion: '2025-04-01-preview',
      });
      const azure = wrap(client);
      const chunks = await all(await azure.chat.completions.create(chatStream));
      return { chunks, path: provider.requests[0]?.path, query: provider.requests[0]?.query.toString() };
    },
    records: ['chat completed reported'],
  },
  {
    name: 'headers of the host, its user agent and its query reach the provider',
    see: async ({ create, provider }) => {
      const openai = create({ defaultHeaders: { 'x-own': 'kept' }, defaultQuery: { a: '1' }, organization: 'org' });
      await openai.chat.completions.create(chat, { headers: { 'x-call': 'too' } });
      await all(await openai.chat.completions.create(chatStream, { idempotencyKey: 'key-1' }));
      return provider.requests.map(({ headers }) => [headers['user-agent'], headers['x-own'], headers['x-call']]);
    },
    records: ['chat completed reported', 'chat completed reported'],
  },
  {
    name: "the host's own fetch is called once per request, with the same parts and no this",
    needs: (_openai, major) => major > 4,
    see: async ({ create }) => {
      const calls: unknown[] = [];
      async function own(this: unknown, input: string | URL | Request, init?: RequestInit): Promise<Response> {
        calls.push({
          self: this,
          path: typeof input === 'string' ? new URL(input).pathname : typeof input,
          init: Object.keys(init ?? {}).toSorted(),
          headers: init?.headers?.constructor,
          body: typeof init?.body,
          signal: init?.signal?.constructor,
          parts: arguments.length,
        });
        return fetch(input, init);
      }
      const openai = create({ fetch: own });
      await openai.chat.completions.create(chat);
      await all(await openai.chat.completions.create(chatStream));
      return calls;
    },
    records: ['chat completed reported', 'chat completed reported'],
  },
  {
    name: 'a fetch of the host that throws is the same error',
    see: async ({ create }) => {
      const broken = create({ fetch: () => Promise.reject(new TypeError('no network', { cause: { code: 'EX' } })) });
      const sync = create({
        fetch: () => {
          throw new TypeError('at once');
        },
      });
      return [await errorOf(broken.chat.completions.create(chat)), await errorOf(sync.chat.completions.create(chat))];
    },
    records: ['chat failed missing', 'chat failed missing'],
  },
  {
    name: 'a request body that is no text passes untouched',
    needs: (_openai, major) => major > 4,
    see: async ({ openai, provider }) => {
      const bytes = new TextEncoder().encode(JSON.stringify(chatStream));
      const headers = { 'content-type': 'application/json' };
      const chunks = await all(
        (await openai.post('/chat/completions', { body: bytes, headers, stream: true })) as AsyncIterable<unknown>,
      );
      return { chunks, body: provider.requests[0]?.bodyText };
    },
    records: ['chat completed missing'],
  },
  {
    name: 'a request body that is a stream passes untouched',
    needs: (_openai, major) => major > 4,
    see: async ({ openai, provider }) => {
      async function* body(): AsyncGenerator<Uint8Array> {
        yield new TextEncoder().encode(JSON.stringify(chatStream).slice(0, 20));
        yield new TextEncoder().encode(JSON.stringify(chatStream).slice(20));
      }
      const answer = openai.post('/chat/completions', {
        body: body(),
        headers: { 'content-type': 'application/json' },
        stream: true,
        fetchOptions: { duplex: 'half' } as never,
      });
      return { chunks: await all((await answer) as AsyncIterable<unknown>), body: provider.requests[0]?.bodyText };
    },
    records: ['chat completed missing'],
  },
];
