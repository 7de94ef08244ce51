import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { FakeProvider } from '../../../src/testing/index.ts';
import { chatAnswer, errorAnswer, recordedAnswer } from '../../../src/testing/index.ts';
import { hi, hiStream, latch } from '../../testing/fake-provider-fixture.ts';
import { meteredClient } from '../metered-client.ts';
import type { MeteredClient } from '../metered-client.ts';

const baseURL = 'https://openrouter.ai/api/v1';
const generation = readFileSync(join(import.meta.dirname, '../../fixtures/dialects/openrouter-generation.json'));
const waits = { policy: 'lookup', waitsMs: [0, 1, 2] } as const;

/** A stream of OpenRouter that the app leaves at its first text. */
async function leaveEarly({ openai, provider, meter }: MeteredClient, header = true): Promise<void> {
  const headers = header ? { 'x-generation-id': 'gen-1' } : {};
  provider.enqueue(chatAnswer({ id: 'gen-1', text: 'one two three', usageWhen: 'never', headers }));
  const turn = meter.track({ userId: 'u1' });
  for await (const chunk of await openai.chat.completions.create(hiStream, turn.options))
    if (chunk.choices[0]?.delta.content) break;
}

function lookupsAt(provider: FakeProvider): string[] {
  return provider.requests
    .filter(({ path }) => path === '/api/v1/generation')
    .map(({ query, headers }) => `${query.get('id')} ${headers['authorization']}`);
}

describe('the stop policy lookup', () => {
  it.for([true, false])(
    'records what OpenRouter says of a stream that was left (id in a header: %s)',
    async (header) => {
      const client = await meteredClient({ baseURL, stop: waits });
      const { provider, meter } = client;
      provider.handle(({ path }) => (path.endsWith('/generation') ? recordedAnswer({ body: generation }) : undefined));
      await leaveEarly(client, header);
      const turn = meter.track({});
      expect(meter.stats()).toMatchObject({ captured: 0, pending: 1 });
      await provider.request(2);
      await provider.requests[1]?.finished;
      await untilIdle(client);
      const [record, ...others] = await client.records();
      expect(others).toEqual([]);
      expect(record).toMatchObject({
        origin: 'recovered',
        outcome: 'stopped',
        provider: 'openrouter',
        responseId: 'gen-1',
        attribution: { userId: 'u1' },
        cost: { basis: 'provider' },
      });
      const { data } = JSON.parse(generation.toString()) as { data: Record<string, number> };
      expect(record?.tokens).toMatchObject({
        inputTokens: data['native_tokens_prompt'],
        outputTokens: data['native_tokens_completion'],
      });
      expect(lookupsAt(provider)).toEqual(['gen-1 Bearer test']);
      expect(await turn.usage()).toMatchObject({ calls: 0 });
    },
  );

  it('asks again while the generation is not there yet', async () => {
    const client = await meteredClient({ baseURL, stop: waits });
    let asked = 0;
    client.provider.handle(({ path }) => {
      if (!path.endsWith('/generation')) return undefined;
      asked += 1;
      return asked < 3 ? errorAnswer({ status: 404 }) : recordedAnswer({ body: generation });
    });
    await leaveEarly(client);
    await untilIdle(client);
    expect(lookupsAt(client.provider)).toHaveLength(3);
    expect(await client.records()).toMatchObject([{ origin: 'recovered' }]);
  });

  it.for([
    ['after its last try', 404, 3],
    ['at once where the key is refused', 401, 1],
  ] as const)('keeps the estimate %s', async ([, status, tries]) => {
    const client = await meteredClient({ baseURL, stop: waits });
    client.provider.handle(({ path }) => (path.endsWith('/generation') ? errorAnswer({ status }) : undefined));
    await leaveEarly(client);
    await untilIdle(client);
    expect(lookupsAt(client.provider)).toHaveLength(tries);
    expect(await client.records()).toMatchObject([{ origin: 'estimated', outcome: 'stopped' }]);
  });

  it('holds up neither the app nor flush, and ends with the meter', async () => {
    const client = await meteredClient({ baseURL, stop: { policy: 'lookup', waitsMs: [60_000] } });
    await leaveEarly(client);
    await client.meter.flush();
    expect(client.meter.stats()).toMatchObject({ captured: 0, pending: 1 });
    expect(await client.meter.close()).toEqual({ left: 0 });
    const totals = await client.store.totals({ userId: 'u1' });
    expect(totals.byOrigin).toMatchObject({ estimated: { calls: 1 } });
    expect(client.errors).toEqual([]);
  });

  it('ends with the meter also while the provider does not answer', async () => {
    const client = await meteredClient({ baseURL, stop: waits });
    const silence = latch();
    client.provider.handle(async ({ path }) => {
      if (path.endsWith('/generation')) await silence.opened;
      return undefined;
    });
    await leaveEarly(client);
    await client.provider.request(2);
    await client.meter.close();
    silence.open();
    expect((await client.store.totals({})).byOrigin).toMatchObject({ estimated: { calls: 1 } });
  });

  it('does not keep a process, and leaves its record where the process ends', async () => {
    const script = join(import.meta.dirname, 'lookup-process.ts');
    const run = await promisify(execFile)(process.execPath, ['--conditions=@kilotoken/source', script]);
    expect(JSON.parse(run.stdout)).toMatchObject({ captured: 1, stored: 1, queued: 0, pending: 0, dropped: 0 });
  });

  it('makes one record where the id of the answer cannot stand in an address', async () => {
    const client = await meteredClient({ baseURL, stop: waits });
    client.provider.enqueue(chatAnswer({ id: '\ud800', text: 'one two three', usageWhen: 'never' }));
    for await (const _ of await client.openai.chat.completions.create(hiStream)) break;
    await untilIdle(client);
    await client.meter.close();
    expect(client.meter.stats()).toMatchObject({ captured: 1, stored: 1 });
    expect(lookupsAt(client.provider)).toEqual([]);
  });

  it('keeps of what describes a generation only the numbers', async () => {
    const client = await meteredClient({ baseURL, stop: waits });
    const data = { ...(JSON.parse(generation.toString()) as { data: object }).data, external_user: 'ann@example.com' };
    client.provider.handle(({ path }) =>
      path.endsWith('/generation') ? recordedAnswer({ body: JSON.stringify({ data }) }) : undefined,
    );
    await leaveEarly(client);
    await untilIdle(client);
    const [record] = await client.records();
    expect(record?.rawUsage).toMatchObject({ total_cost: 0.0011, native_tokens_prompt: 1451, is_byok: false });
    expect(JSON.stringify(record)).not.toContain('ann@example.com');
  });

  it('asks nobody where the usage is known, the call was refused, or the provider is another', async () => {
    const client = await meteredClient({ baseURL, stop: waits });
    await client.openai.chat.completions.create(hi);
    client.provider.enqueue(errorAnswer({ status: 402 }));
    await client.openai.chat.completions.create(hi).catch(() => undefined);
    const other = await meteredClient({ stop: 'lookup' });
    await leaveEarly(other);
    expect(await client.records()).toMatchObject([{ origin: 'reported' }, { outcome: 'refused' }]);
    expect(await other.records()).toMatchObject([{ origin: 'estimated' }]);
    expect([...lookupsAt(client.provider), ...lookupsAt(other.provider)]).toEqual([]);
  });
});

/** Waits until no call is open: a turn of the same meter would wait for its own calls only. */
async function untilIdle({ meter }: MeteredClient): Promise<void> {
  while (meter.stats().pending > 0) await new Promise((resolve) => setImmediate(resolve));
}
