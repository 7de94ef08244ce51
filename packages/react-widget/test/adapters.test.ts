import { describe, expect, test, vi } from 'vitest';
import { onUsageData } from '../src/adapters/ai-sdk.ts';
import { newerSnapshot, swrUsage, usageFetcher } from '../src/adapters/swr.ts';
import { queryUsage, usageQuery } from '../src/adapters/tanstack.ts';
import { loadLocale } from '../src/locales.ts';
import { usageServer, usageSnapshot } from './store/usage-server.ts';

const refetch = (): void => undefined;

describe('TanStack Query', () => {
  test('gets a query that reads the endpoint and never goes back', async () => {
    const server = await usageServer(() => usageSnapshot({ rev: 3 }));
    const { queryKey, queryFn, structuralSharing } = usageQuery('ada', { src: server.url });
    const snapshot = await queryFn({ signal: new AbortController().signal });
    expect([queryKey, snapshot.rev]).toEqual([['kilotoken', 'ada'], 3]);
    const newer = usageSnapshot({ rev: 4 });
    expect(structuralSharing(newer, snapshot)).toBe(newer);
    expect(structuralSharing(undefined, snapshot)).toBe(snapshot);
  });

  test('has its result shown', () => {
    const usage = usageSnapshot();
    expect(queryUsage({ refetch })).toEqual({ status: 'loading', stale: false, onRetry: refetch });
    expect(queryUsage({ error: new Error('x'), refetch })).toMatchObject({ status: 'error' });
    for (const data of [undefined, usage]) {
      expect(queryUsage({ data, error: { status: 401 }, refetch })).toMatchObject({ status: 'unauthorized' });
    }
    expect(queryUsage({ data: usage, error: new Error('x'), refetch })).toMatchObject({
      usage,
      stale: true,
      status: 'ready',
    });
  });
});

describe('SWR', () => {
  test('gets a fetcher whose error says what the server said', async () => {
    const server = await usageServer((_, response) => void response.writeHead(401).end());
    await expect(usageFetcher()(server.url)).rejects.toMatchObject({ code: 'http', status: 401 });
  });

  test('has its answer shown, and keeps the newer of two', () => {
    const mutate = vi.fn<() => void>();
    swrUsage({ data: usageSnapshot(), mutate }).onRetry();
    expect(mutate).toHaveBeenCalledTimes(1);
    expect(newerSnapshot(usageSnapshot({ rev: 2 }), usageSnapshot({ rev: 1 })).rev).toBe(2);
  });
});

describe('the AI SDK', () => {
  test('has its usage parts taken, and no others', () => {
    const apply = vi.fn<(frame: unknown) => boolean>();
    const onData = onUsageData({ apply });
    onData({ type: 'data-weather', data: { id: 'x' } });
    onData({ type: 'data-usage', data: { id: 'm1' } });
    expect(apply.mock.calls).toEqual([[{ id: 'm1' }]]);
  });
});

describe('words on demand', () => {
  test.for([
    ['ru-RU', 'ru'],
    ['zh-TW', 'zh-Hant'],
    ['pt', 'pt-BR'],
    ['sv', 'en'],
    ['?', 'en'],
  ])('for %s are those of %s', async ([locale, tag]) => {
    expect((await loadLocale(locale ?? '')).locale).toBe(tag);
  });
});
