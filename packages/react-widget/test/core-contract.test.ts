import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { memoryStore, nodeHandler, usageData, usageFrame, usageHandler, usageSnapshot } from '@kilotoken/core';
import { usageRecord } from '@kilotoken/core/testing';
import { onUsageData } from '../src/adapters/ai-sdk.ts';
import { createUsageStore } from '../src/core.ts';
import { toSnapshot } from '../src/server.ts';
import { meterResponse } from '../src/sse.ts';

const first = usageRecord({ id: 'a', attribution: { userId: 'u1', messageId: 'm1' } });
const second = usageRecord({ id: 'b', callId: 'b', attribution: { userId: 'u1', messageId: 'm2' } });

test('what core serves and sends is what the widget reads, without a fault', async () => {
  const records = memoryStore();
  await records.append([first]);
  const handler = usageHandler({
    store: records,
    authenticate: () => ({ userId: 'u1' }),
    expose: ['cost', 'models'],
    period: 'all',
    quota: { limit: 1_000_000 },
    days: 7,
    last: true,
  });
  const server = createServer(nodeHandler(handler));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());

  const errors: unknown[] = [];
  const src = `http://127.0.0.1:${(server.address() as AddressInfo).port}/usage`;
  const store = createUsageStore({ src, onError: (error) => errors.push(error) });
  const { usage } = await store.refresh();
  const total = (await records.totals({ userId: 'u1' })).tokens.totalTokens;
  expect(usage).toMatchObject({ rev: 1, total, quota: { unit: 'tokens', used: total, limit: 1_000_000 } });
  const plain = (await (await fetch(src)).json()) as object;
  expect(plain).toMatchObject(toSnapshot(plain) ?? {});
  expect(Object.keys(toSnapshot(plain) ?? {}).toSorted()).toEqual(Object.keys(plain).toSorted());

  // The frame of the next answer, before the endpoint is asked again.
  await records.append([second]);
  const turn = { calls: 1, tokens: second.tokens, records: [second], complete: true };
  const totals = await records.totals({ userId: 'u1' });
  const frame = usageFrame(turn, { total: totals, expose: ['cost'] });
  await meterResponse(new Response(`${frame}data: [DONE]\n\n`), store).text();
  expect(store.get()).toMatchObject({ pending: false, usage: { rev: 2, total: totals.tokens.totalTokens } });
  expect((await store.refresh()).usage?.total).toBe(totals.tokens.totalTokens);

  // The same as a part of an AI SDK message.
  const other = createUsageStore({ initial: usage, onError: (error) => errors.push(error) });
  onUsageData(other)(usageData(turn, { rev: 2 }));
  expect(other.get()).toMatchObject({ pending: true, usage: { total: totals.tokens.totalTokens } });
  expect(errors).toEqual([]);
});

test('a quota in money of which next to nothing is used, and a period since 1970, are read as well', async () => {
  const records = memoryStore();
  const tokens = { inputTokens: 3, outputTokens: 0, totalTokens: 3 };
  await records.append([usageRecord({ tokens, cost: { picoUsd: 150_000, basis: 'card' } })]);
  const sent = await usageSnapshot(
    records,
    { userId: 'user-1' },
    { expose: ['cost'], quota: { unit: 'cost', limit: 20 }, period: { start: new Date(0) } },
  );
  const errors: unknown[] = [];
  const initial: unknown = JSON.parse(JSON.stringify(sent));
  const store = createUsageStore({ initial, onError: (error) => errors.push(error) });
  expect(errors).toEqual([]);
  expect(store.get().usage).toMatchObject({
    quota: { unit: 'cost', used: 1.5e-7, limit: 20 },
    period: { start: '1970-01-01T00:00:00.000Z' },
  });
});
