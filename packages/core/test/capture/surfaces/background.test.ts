import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import OpenAI from 'openai';
import OpenAI4 from 'openai-v4';
import OpenAI5 from 'openai-v5';
import OpenAI6 from 'openai-v6';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { memoryStore } from '../../../src/index.ts';
import { errorAnswer, responsesAnswer } from '../../../src/testing/index.ts';
import { startProvider } from '../../testing/fake-provider-fixture.ts';
import { meteredClient } from '../metered-client.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const ask = { model: 'gpt-5-mini', input: 'Name two rivers', background: true } as const;
const dayMs = 24 * 60 * 60 * 1000;
const tokens = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };

describe('a background response', () => {
  it('makes one record, with the turn and the start of its create, however often it is polled', async () => {
    const { openai, meter, provider, records } = await meteredClient();
    provider.enqueue(responsesAnswer({ text: 'Rhine Elbe', pendingPolls: 2, serviceTier: 'flex' }));
    const turn = meter.track({ userId: 'u1', messageId: 'm1' });
    const before = new Date();
    const { id } = await openai.responses.create(ask, turn.options);
    expect(meter.stats().pending).toBe(1);
    expect(await turn.usage({ timeoutMs: 0 })).toMatchObject({ calls: 0, complete: false });
    expect(await records()).toEqual([]);

    const seen = [];
    for (let poll = 0; poll < 4; poll += 1) seen.push((await openai.responses.retrieve(id)).status);
    expect(seen).toEqual(['in_progress', 'in_progress', 'completed', 'completed']);

    const [record, ...others] = await records();
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      operation: 'responses',
      outcome: 'completed',
      origin: 'reported',
      tokens,
      attribution: { userId: 'u1', messageId: 'm1' },
      requestModel: 'gpt-5-mini',
      responseId: id,
      serviceTier: 'flex',
      streamed: false,
    });
    expect(record?.startedAt.getTime()).toBeLessThanOrEqual(provider.requests[0]?.receivedAt.getTime() ?? 0);
    expect(record?.startedAt.getTime()).toBeGreaterThanOrEqual(before.getTime());
    expect(meter.stats()).toMatchObject({ captured: 1, pending: 0 });
    expect(await turn.usage()).toMatchObject({ calls: 1, complete: true, tokens });
    expect(await turn.stored()).toEqual({ stored: 1, pending: 0 });
  });

  it('is recorded once by the processes that create, stream and retrieve it, whoever is first', async () => {
    const store = memoryStore();
    const provider = await startProvider();
    const creator = await meteredClient({ provider, store });
    const [first, second] = [await meteredClient({ provider, store }), await meteredClient({ provider, store })];
    const { id } = await creator.openai.responses.create(ask);
    await first.openai.responses.retrieve(id, {}, first.meter.track({ userId: 'u2' }).options);
    for await (const _ of await second.openai.responses.retrieve(id, { stream: true }));
    await creator.openai.responses.retrieve(id);
    for (const { meter } of [first, second, creator]) await meter.flush();

    const [record, ...others] = await creator.records();
    expect(others).toEqual([]);
    expect(record).toMatchObject({ responseId: id, attribution: { userId: 'u2' }, origin: 'reported' });
    expect((await store.totals({})).calls).toBe(1);
    expect(provider.reported.calls).toBe(3);
  });

  it('is recorded once where its own stream is read to the end, and retrieved afterwards', async () => {
    const { openai, records } = await meteredClient();
    let id = '';
    for await (const event of await openai.responses.create({ ...ask, stream: true }))
      if (event.type === 'response.completed') ({ id } = event.response);
    await openai.responses.retrieve(id);
    expect(await records()).toMatchObject([{ responseId: id, streamed: true, outcome: 'completed' }]);
  });

  it('waits for its usage where the app leaves the stream, and makes no estimate of it', async () => {
    const { openai, meter, provider, records } = await meteredClient();
    provider.enqueue(responsesAnswer({ text: 'one two three' }));
    const turn = meter.track({ userId: 'u1' });
    let id = '';
    for await (const event of await openai.responses.create({ ...ask, stream: true }, turn.options)) {
      if (event.type === 'response.created') ({ id } = event.response);
      if (event.type === 'response.output_text.delta') break;
    }
    expect(await records()).toEqual([]);
    expect(meter.stats().pending).toBe(1);
    await openai.responses.retrieve(id);
    expect(await records()).toMatchObject([
      { origin: 'reported', outcome: 'completed', tokens: { outputTokens: 3 }, attribution: { userId: 'u1' } },
    ]);
  });

  it.for([
    ['plain', 5_000],
    ['plain', 200_000],
    ['streamed', 5_000],
    ['streamed', 200_000],
  ] as const)('is recorded once however long it is: %s, %i words', async ([way, words]) => {
    const { openai, provider, records } = await meteredClient();
    const text = 'word '.repeat(words).trim();
    provider.enqueue(
      responsesAnswer({ tokens: [text], usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 } }),
    );
    const { id } = await openai.responses.create(ask);
    if (way === 'plain') expect((await openai.responses.retrieve(id)).output_text).toBe(text);
    else for await (const _ of await openai.responses.retrieve(id, { stream: true }));
    await openai.responses.retrieve(id);
    expect(await records()).toMatchObject([
      { responseId: id, responseModel: 'gpt-5-mini', tokens: { totalTokens: 3 }, outcome: 'completed' },
    ]);
    const elsewhere = await meteredClient({ provider });
    if (way === 'plain') await elsewhere.openai.responses.retrieve(id);
    else for await (const _ of await elsewhere.openai.responses.retrieve(id, { stream: true }));
    expect((await elsewhere.records()).map((record) => record.id)).toEqual(
      (await records()).map((record) => record.id),
    );
  });

  it('keeps nothing of its request while it goes on', async () => {
    const { openai, meter, provider } = await meteredClient({ attribute: () => ({ userId: 'u1' }) });
    const create = async (): Promise<void> => {
      // Not one of which is a piece of another.
      const input = Buffer.alloc(1024 * 1024, `${Math.random()} `).toString('latin1');
      await openai.responses.create({ ...ask, input });
      provider.reset();
    };
    await create();
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let call = 0; call < 20; call += 1) await create();
    collectGarbage();
    expect(meter.stats().pending).toBe(21);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(6 * 1024 * 1024);
  });

  it('ends without usage where it is cancelled, and later looks add nothing', async () => {
    const { openai, meter, records } = await meteredClient();
    const { id } = await openai.responses.create(ask, meter.track({ userId: 'u1' }).options);
    expect(await openai.responses.cancel(id)).toMatchObject({ status: 'cancelled' });
    await openai.responses.retrieve(id);
    expect(await records()).toMatchObject([
      { outcome: 'stopped', origin: 'missing', tokens: {}, responseId: id, attribution: { userId: 'u1' } },
    ]);
    expect(meter.stats().pending).toBe(0);
  });

  it('is recorded as missing after a day in which nobody fetched its end', async () => {
    const { openai, meter, records } = await meteredClient();
    const elapsed = vi.spyOn(performance, 'now');
    onTestFinished(() => elapsed.mockRestore());
    const begun = performance.now();
    const { id } = await openai.responses.create(ask, meter.track({ userId: 'u1' }).options);
    elapsed.mockReturnValue(begun + dayMs - 60_000);
    await openai.responses.create({ ...ask, background: false });
    expect(await records()).toHaveLength(1);
    elapsed.mockReturnValue(begun + dayMs + 60_000);
    await openai.responses.create({ ...ask, background: false });
    const late = (await records()).filter(({ responseId }) => responseId === id);
    expect(late).toMatchObject([{ origin: 'missing', attribution: { userId: 'u1' } }]);
    expect(meter.stats().pending).toBe(0);
  });

  it('keeps its usage where the clock is set ahead by a month before another process fetches it', async () => {
    const store = memoryStore();
    const provider = await startProvider();
    provider.enqueue(responsesAnswer({ text: 'Rhine Elbe', pendingPolls: 0 }));
    let now = new Date('2026-11-22T10:00:00Z');
    const creator = await meteredClient({ provider, store, clock: () => now });
    const other = await meteredClient({ provider, store });
    const { id } = await creator.openai.responses.create(ask);
    now = new Date('2026-12-22T10:00:00Z');
    await creator.openai.responses.create({ ...ask, background: false });
    await creator.meter.flush();
    expect((await other.openai.responses.retrieve(id)).status).toBe('completed');
    const found = (await other.records()).filter(({ responseId }) => responseId === id);
    expect(found).toMatchObject([{ origin: 'reported', tokens }]);
  });

  it.for([
    ['4', OpenAI4],
    ['5', OpenAI5],
    ['6', OpenAI6],
  ] as const)('is recorded once through openai %s', async ([, Client]) => {
    const { provider, meter, records } = await meteredClient();
    const openai = meter.wrap(new Client({ baseURL: provider.baseURL, apiKey: 'test' })) as unknown as OpenAI;
    const turn = meter.track({ userId: 'u1' });
    const { id } = await openai.responses.create(ask, turn.options);
    // Streaming a stored response came with openai 5; the request is the same as that of the raw method.
    const again = await openai.get(`/responses/${id}`, { query: { stream: true }, stream: true });
    for await (const _ of again as AsyncIterable<unknown>);
    expect((await openai.responses.retrieve(id)).usage?.total_tokens).toBe(8);
    expect(await records()).toMatchObject([{ responseId: id, attribution: { userId: 'u1' }, outcome: 'completed' }]);
    expect(meter.stats()).toMatchObject({ captured: 1, pending: 0 });
  });

  it('that is refused has a record of its own', async () => {
    const { openai, provider, records } = await meteredClient();
    provider.enqueue(errorAnswer({ status: 429 }));
    await expect(openai.responses.create(ask)).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    expect(await records()).toMatchObject([{ outcome: 'refused', origin: 'missing' }]);
  });
});

describe('a look at a stored object', () => {
  it('makes no record of a response that was answered at once', async () => {
    const { openai, meter, provider, records } = await meteredClient();
    const { id } = await openai.responses.create({ model: 'm', input: 'Hi' });
    const stored = await openai.responses.retrieve(id);
    for await (const _ of await openai.responses.retrieve(id, { stream: true }));
    expect(stored.usage).toBeDefined();
    expect(provider.requests).toHaveLength(3);
    expect(await records()).toHaveLength(1);
    const elsewhere = await meteredClient({ provider });
    expect((await elsewhere.openai.responses.retrieve(id)).usage).toEqual(stored.usage);
    expect(await elsewhere.records()).toEqual([]);
    expect(meter.stats()).toMatchObject({ captured: 1, pending: 0 });
  });

  it('makes no record of models, files, and objects that are not there', async () => {
    const { openai, meter, records } = await meteredClient();
    await openai.models.list();
    await openai.files.list();
    await expect(openai.responses.retrieve('resp_none')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    expect(await records()).toEqual([]);
    expect(meter.stats()).toMatchObject({ captured: 0, pending: 0 });
  });

  it('shows the app what a bare client shows it', async () => {
    const clock = (): Date => new Date('2026-11-22T10:00:00Z');
    const providers = [await startProvider({ clock }), await startProvider({ clock })];
    const views = [];
    for (const [at, provider] of providers.entries()) {
      const bare = new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' });
      const openai = at === 0 ? bare : (await meteredClient({ provider })).openai;
      const created = await openai.responses.create(ask);
      const events = [];
      for await (const event of await openai.responses.retrieve(created.id, { stream: true })) events.push(event);
      views.push({ created, events, cancelled: await openai.responses.cancel(created.id) });
    }
    expect(views[1]).toEqual(views[0]);
  });
});
