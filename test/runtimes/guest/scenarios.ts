import { handOn } from './hand-on.ts';
import type { Session } from './session.ts';
import type { Task } from './task.ts';

/** Something an app does; what it returns is all that the app saw of it, as JSON or as the answer of its server. */
export type Scenario = (session: Session, task: Task) => Promise<unknown>;

const messages = [{ role: 'user' as const, content: 'Name three rivers' }];
/** A plain chat. */
export const request = { model: 'gpt-5-mini', messages };
const streaming = { ...request, stream: true as const };

/** By name; `hand on: …` is one for each entry of {@link handOn}. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  report: (session) => session.report(),
  plain: async ({ client }) => {
    const { data, response, request_id } = await client.chat.completions.create(request).withResponse();
    return { data, status: response.status, type: response.headers.get('content-type'), request_id };
  },
  streamed: async ({ client }) => {
    const { data, response, request_id } = await client.chat.completions.create(streaming).withResponse();
    return { chunks: await allOf(data), status: response.status, request_id };
  },
  responses: async ({ client }) => allOf(await client.responses.create({ model: 'gpt-5', input: 'Hi', stream: true })),
  break: async ({ client }) => {
    const chunks = [];
    for await (const chunk of await client.chat.completions.create(streaming)) {
      chunks.push(chunk);
      if (chunks.length === 3) break;
    }
    return chunks;
  },
  counted: async ({ client, reads }, { pauseURL = '' }) => {
    const stream = await client.chat.completions.create(streaming);
    const iterator = stream[Symbol.asyncIterator]();
    const chunks = [(await iterator.next()).value, (await iterator.next()).value];
    await (await fetch(pauseURL)).text();
    const readsWhilePaused = reads.count;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) chunks.push(next.value);
    return { chunks, readsWhilePaused };
  },
  paused: async ({ client }, { pauseURL = '' }) => {
    const stream = await client.chat.completions.create(streaming);
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    const eventsSent = Number(await (await fetch(pauseURL)).text());
    let chunks = 1;
    while ((await iterator.next()).done !== true) chunks += 1;
    return { chunks, eventsSent };
  },
  ...Object.fromEntries(
    Object.entries(handOn).map(([way, read]): [string, Scenario] => [
      `hand on: ${way}`,
      async ({ client }) => read(await client.chat.completions.create(streaming).asResponse()),
    ]),
  ),
  'the response itself': async ({ client }) => {
    const answer = await client.chat.completions.create(streaming).asResponse();
    const before = factsOf(answer);
    const copy = answer.clone();
    const ofCopy = factsOf(copy);
    const text = await answer.text();
    const between = [answer.bodyUsed, copy.bodyUsed];
    const sameText = (await copy.text()) === text;
    const again = await answer.text().catch((error: unknown) => (error instanceof TypeError ? 'TypeError' : error));
    const { response, data } = await client.chat.completions.create(streaming).withResponse();
    const readByStream = [response.bodyUsed, (await allOf(data)).length, response.bodyUsed];
    return { before, ofCopy, between, sameText, again, after: [answer.bodyUsed, copy.bodyUsed], readByStream };
  },
  'refused and aborted': async ({ client }) => {
    const seen: unknown[] = [];
    const abort = new AbortController();
    await client.chat.completions.create(request).catch((error: unknown) => seen.push(errorFacts(error)));
    try {
      const stream = await client.chat.completions.create(streaming, { signal: abort.signal });
      for await (const chunk of stream) {
        seen.push(chunk);
        if (seen.length === 4) abort.abort();
      }
      seen.push('no error');
    } catch (error) {
      seen.push(errorFacts(error));
    }
    return seen;
  },
  'aborted within a read': async ({ client, meter }) => {
    const seen: unknown[] = [];
    const abort = new AbortController();
    try {
      for await (const chunk of await client.chat.completions.create(streaming, { signal: abort.signal })) {
        seen.push(chunk);
        if (chunk.choices[0]?.finish_reason != null) setTimeout(() => abort.abort(), 20);
      }
      seen.push('no error');
    } catch (error) {
      seen.push(errorFacts(error));
    }
    // A worker is over with its answer, and all that it began with it.
    // oxlint-disable-next-line no-await-in-loop -- until it is there
    for (let waits = 0; waits < 100 && meter.stats().pending > 0; waits += 1) await moment(10);
    return seen;
  },
  'serve new Response(body)': async ({ client }) => {
    const answer = await client.chat.completions.create(streaming).asResponse();
    return new Response(answer.body, { headers: { 'content-type': 'text/event-stream' } });
  },
  'serve the very response': async ({ client }) => client.chat.completions.create(streaming).asResponse(),
  'serve a plain response': async ({ client }) => client.chat.completions.create(request).asResponse(),
  'serve toReadableStream': async ({ client }) => {
    const stream = await client.chat.completions.create(streaming);
    return new Response(stream.toReadableStream() as ReadableStream<Uint8Array>);
  },
  'collect garbage while reading': async ({ client }) => {
    const stream = await client.chat.completions.create(streaming);
    const chunks = [];
    for await (const chunk of stream) {
      chunks.push(chunk);
      if (chunks.length === 2) await collectGarbage(() => false);
    }
    return chunks;
  },
  'collect unread answers': async ({ client, meter }) => {
    const count = 8;
    for (let call = 0; call < count; call += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await client.chat.completions.create(streaming).asResponse();
    }
    // A collector may overlook some, so long as something on the stack looks like their address.
    await collectGarbage(() => meter.stats().pending < count / 2);
    return count - meter.stats().pending;
  },
  'closed while one is read and one is not': async ({ client, meter }) => {
    const read = (await client.chat.completions.create(streaming).asResponse()).body?.getReader();
    const unread = await client.chat.completions.create(streaming).asResponse();
    await read?.read();
    const end = await meter.close();
    await read?.cancel();
    return [end, unread.bodyUsed];
  },
  'turn.options': async ({ client, meter }) => {
    const turn = meter.track({ userId: 'u1' });
    await client.chat.completions.create(request, turn.options);
    const { calls, complete, tokens } = await turn.usage();
    return { calls, complete, tokens };
  },
  'turn.run': async ({ client, meter }) => {
    const [one, other] = [meter.track({ userId: 'u1' }), meter.track({ userId: 'u2' })];
    await Promise.all([
      one.run(async () => {
        await Promise.resolve();
        for await (const _ of await client.chat.completions.create(streaming));
      }),
      other.run(() => client.chat.completions.create(request)),
    ]);
    const [ofOne, ofOther] = [await one.usage(), await other.usage()];
    return [ofOne, ofOther].map(({ calls, complete, tokens }) => ({ calls, complete, tokens }));
  },
};

async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function factsOf(answer: Response): unknown {
  const { ok, status, statusText, type, redirected, bodyUsed } = answer;
  const headers = [...answer.headers].filter(([name]) => name !== 'date');
  const path = answer.url === '' ? '' : new URL(answer.url).pathname;
  const kinds = [answer instanceof Response, answer.body instanceof ReadableStream, answer.body?.locked];
  return { ok, status, statusText, type, redirected, bodyUsed, path, kinds, headers };
}

function errorFacts(error: unknown): unknown {
  const { name, message, status } = error as Error & { readonly status?: number };
  return { name, message: message.replace(/req_\d+/, ''), status, type: (error as object).constructor.name };
}

/** A few rounds, between which finalizers may run; ends early where it is enough. */
async function collectGarbage(isEnough: () => boolean): Promise<void> {
  const { gc, Bun } = globalThis as { gc?: () => void; Bun?: { gc(isForced: boolean): void } };
  for (let round = 0; round < 20 && !isEnough(); round += 1) {
    gc?.();
    Bun?.gc(true);
    // oxlint-disable-next-line no-await-in-loop -- each round of its own
    await moment(0);
  }
}

function moment(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
