import { describe, expect, it } from 'vitest';
import type { AttributeRequest, Attribution, UsageRecord } from '../../src/index.ts';
import { createMeter, isMeterError, memoryStore } from '../../src/index.ts';
import { recordedAnswer } from '../../src/testing/index.ts';
import { hi, startProvider } from '../testing/fake-provider-fixture.ts';
import { meteredClient } from '../capture/metered-client.ts';

describe('the attribute option', () => {
  it('is asked once per call, with what the request says, and attributes the record', async () => {
    const asked: AttributeRequest[] = [];
    const attribute = (request: AttributeRequest): Attribution => {
      asked.push(request);
      return { userId: request.user ?? '', tags: { plan: String(request.metadata?.['plan']) } };
    };
    const { openai, records } = await meteredClient({ attribute });
    const body = { ...hi, user: 'u"1', metadata: { plan: 'gold' } };
    const stream = await openai.chat.completions.create({ ...body, stream: true }, { headers: { 'X-Team': 'blue' } });
    for await (const _ of stream);
    expect(asked).toMatchObject([{ operation: 'chat', provider: '127.0.0.1', model: 'm', metadata: { plan: 'gold' } }]);
    expect([asked[0]?.headers.get('x-TEAM'), asked[0]?.headers.get('x-none')]).toEqual(['blue', undefined]);
    expect(await records()).toMatchObject([{ attribution: { userId: 'u"1', tags: { plan: 'gold' } } }]);
  });

  it('goes behind what the turn of the call says, part by part and tag by tag', async () => {
    const attribute = (): Attribution => ({ userId: 'found', tenantId: 't1', tags: { a: 'found', b: 'found' } });
    const { openai, meter, records } = await meteredClient({ attribute });
    const turn = meter.track({ userId: 'said', tags: { a: 'said' } });
    await openai.chat.completions.create(hi, turn.options);
    expect(await records()).toMatchObject([
      { attribution: { userId: 'said', tenantId: 't1', tags: { a: 'said', b: 'found' } } },
    ]);
  });

  it('may be a proxy, as stores of frameworks hand out', async () => {
    const attribute = (): Attribution => new Proxy({ userId: 'u1', tags: new Proxy({ a: '1' }, {}) }, {});
    const { openai, meter, records } = await meteredClient({ attribute });
    await openai.chat.completions.create(hi);
    await openai.chat.completions.create(hi, meter.track(attribute()).options);
    const attribution = { userId: 'u1', tags: { a: '1' } };
    expect(await records()).toMatchObject([{ attribution }, { attribution }]);
  });

  it('stands where the turn leaves a part undefined, and so does a tag', async () => {
    const made: UsageRecord[] = [];
    const attribute = (): Attribution => ({ userId: 'found', tags: { a: 'found' } });
    const { openai, meter, records } = await meteredClient({ attribute, onRecord: (record) => made.push(record) });
    const unknown = { userId: undefined, tenantId: undefined, tags: { a: undefined, b: 'said', ['__proto__']: 'own' } };
    await openai.chat.completions.create(hi, meter.track(unknown as never).options);
    const wanted = { userId: 'found', tags: { a: 'found', b: 'said', ['__proto__']: 'own' } };
    const [stored] = await records();
    expect(made[0]?.attribution).toStrictEqual(wanted);
    expect(stored?.attribution).toStrictEqual(wanted);
  });

  it.for([
    [
      'throws',
      () => {
        throw new Error('resolver');
      },
    ],
    ['returns a promise that never settles', () => new Promise(() => undefined)],
    ['returns a promise that rejects', () => Promise.reject(new Error('late'))],
    ['returns something else', () => ({ userid: 'u1' })],
    ['returns a number', () => 5],
  ] as [string, () => unknown][])('leaves the call and its record alone where it %s', async ([, attribute]) => {
    const { openai, errors, records } = await meteredClient({ attribute: attribute as never });
    await expect(openai.chat.completions.create(hi)).resolves.toMatchObject({ model: 'm' });
    expect(await records()).toMatchObject([{ attribution: {}, origin: 'reported' }]);
    expect(errors).toMatchObject([{ code: 'metering_failed' }]);
  });

  it('keeps what it returned, whatever becomes of the object later', async () => {
    const shared = { userId: 'u1', tags: { a: '1' } };
    const { openai, records } = await meteredClient({ attribute: () => shared });
    const stream = await openai.chat.completions.create({ ...hi, stream: true });
    Object.assign(shared.tags, { a: '2' });
    for await (const _ of stream);
    expect(await records()).toMatchObject([{ attribution: { tags: { a: '1' } } }]);
  });

  it('finds a background response that another process made by the metadata on it', async () => {
    const provider = await startProvider();
    const creator = await meteredClient({ provider });
    const attribute = ({ metadata }: AttributeRequest): Attribution => ({ userId: String(metadata?.['user']) });
    const poller = await meteredClient({ provider, attribute });
    const metadata = { user: 'u7' };
    const { id } = await creator.openai.responses.create({ model: 'm', input: 'Hi', background: true, metadata });
    await poller.openai.responses.retrieve(id);
    expect(await poller.records()).toMatchObject([{ responseId: id, attribution: { userId: 'u7' } }]);
  });

  it('tells the results of a batch apart by their custom ids', async () => {
    const attribute = ({ customId }: AttributeRequest): Attribution => ({ userId: String(customId) });
    const { openai, meter, provider, records } = await meteredClient({ attribute });
    const line = (name: string): string =>
      `${JSON.stringify({ custom_id: name, response: { body: { id: name, usage: { total_tokens: 5 } } } })}\n`;
    provider.enqueue(recordedAnswer({ body: line('u1') + line('u2'), contentType: 'application/jsonl' }));
    await (await openai.files.content('file-1', meter.track({ tenantId: 't1' }).options)).text();
    expect((await records()).map(({ attribution }) => attribution)).toEqual([
      { tenantId: 't1', userId: 'u1' },
      { tenantId: 't1', userId: 'u2' },
    ]);
  });

  it('is checked when the meter is made', () => {
    let thrown: unknown;
    try {
      createMeter({ store: memoryStore(), attribute: 'user' as never });
    } catch (error) {
      thrown = error;
    }
    expect(isMeterError(thrown) && thrown.message).toContain('"attribute"');
  });
});
