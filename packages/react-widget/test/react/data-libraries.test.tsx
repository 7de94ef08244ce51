// @vitest-environment jsdom
import { useChat } from '@ai-sdk/react';
import { usageData } from '@kilotoken/core';
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { act, cleanup, render, screen } from '@testing-library/react';
import { DefaultChatTransport, createUIMessageStream, pipeUIMessageStreamToResponse } from 'ai';
import type { ReactElement } from 'react';
import useSWR, { SWRConfig } from 'swr';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { onUsageData } from '../../src/adapters/ai-sdk.ts';
import { swrUsage, usageFetcher } from '../../src/adapters/swr.ts';
import { queryUsage, usageQuery } from '../../src/adapters/tanstack.ts';
import { TokenMeter, createUsageStore } from '../../src/index.ts';
import type { UsageSnapshot } from '../../src/index.ts';
import { usageServer, usageSnapshot } from '../store/usage-server.ts';

afterEach(cleanup);

const value = (): string | null | undefined => document.querySelector('[data-kt=value]')?.textContent;
const shows = (text: string) => vi.waitFor(() => expect(value()).toBe(text), 10_000);

/** An endpoint whose next answer a test decides. */
async function endpoint(first: UsageSnapshot) {
  const state: { status: number; body: UsageSnapshot } = { status: 200, body: first };
  const server = await usageServer((_, response) => {
    if (state.status === 200) return state.body;
    return void response.writeHead(state.status).end();
  });
  return { ...server, state };
}

describe('with TanStack Query', () => {
  test('a meter shows the query, moves when it is invalidated, never goes back, and leaves at 401', async () => {
    const { url, state } = await endpoint(usageSnapshot({ rev: 2, total: 2000 }));
    const client = new QueryClient();
    const query = usageQuery('ada', { src: url, retries: 0 });
    function Meter(): ReactElement {
      return <TokenMeter {...queryUsage(useQuery(query))} fallback="Sign in" />;
    }
    render(
      <QueryClientProvider client={client}>
        <Meter />
      </QueryClientProvider>,
    );
    await shows('2K tokens');

    const answer = async (body: UsageSnapshot): Promise<void> => {
      state.body = body;
      await act(() => client.invalidateQueries({ queryKey: ['kilotoken', 'ada'] }));
    };
    await answer(usageSnapshot({ rev: 4, total: 4000 }));
    await shows('4K tokens');
    await answer(usageSnapshot({ rev: 3, total: 3000 }));
    expect(value()).toBe('4K tokens');

    state.status = 404;
    await act(() => client.invalidateQueries());
    await vi.waitFor(() => expect(document.querySelector('[data-stale]')).not.toBeNull(), 10_000);
    expect(value()).toBe('4K tokens');

    state.status = 401;
    await act(() => client.invalidateQueries());
    await screen.findByText('Sign in');
    state.status = 200;
    await answer(usageSnapshot({ rev: 5, total: 5000 }));
    await shows('5K tokens');
    client.clear();
  });
});

describe('with SWR', () => {
  test('a meter shows the answer, and asks again at Retry', async () => {
    const { url, state, count } = await endpoint(usageSnapshot({ rev: 2, total: 2000 }));
    state.status = 404;
    function Meter(): ReactElement {
      const fetcher = usageFetcher({ retries: 0 });
      return <TokenMeter {...swrUsage(useSWR(url, fetcher, { shouldRetryOnError: false, dedupingInterval: 0 }))} />;
    }
    render(
      <SWRConfig value={{ provider: () => new Map() }}>
        <Meter />
      </SWRConfig>,
    );
    await shows('Could not load usage');
    expect(count()).toBe(1);
    state.status = 200;
    act(() => document.querySelector<HTMLElement>('[data-kt=trigger]')?.click());
    await shows('2K tokens');
    expect(count()).toBe(2);
  });

  test('a meter shows nothing of one user to the next, with the user in the key', async () => {
    const { url } = await endpoint(usageSnapshot({ rev: 2, total: 2000 }));
    const fetcher = usageFetcher();
    function Meter({ userId }: { readonly userId: string }): ReactElement {
      return <TokenMeter {...swrUsage(useSWR([url, userId], ([src]) => fetcher(src)))} />;
    }
    const at = (userId: string): ReactElement => (
      <SWRConfig value={{ provider }}>
        <Meter userId={userId} />
      </SWRConfig>
    );
    const cache = new Map<string, never>();
    const provider = (): typeof cache => cache;
    const { rerender } = render(at('a'));
    await shows('2K tokens');
    rerender(at('b'));
    expect(document.querySelector('[data-kt=root]')?.getAttribute('data-state')).toBe('loading');
    await shows('2K tokens');
  });
});

describe('with the AI SDK', () => {
  test('a meter moves by the usage part of the message stream', async () => {
    const tokens = { inputTokens: 700, outputTokens: 300, totalTokens: 1000 };
    const server = await usageServer((_, response) => {
      const stream = createUIMessageStream({
        execute({ writer }) {
          writer.write({ type: 'text-start', id: 't' });
          writer.write({ type: 'text-delta', id: 't', delta: 'Hello' });
          writer.write({ type: 'text-end', id: 't' });
          writer.write(usageData({ tokens }, { id: 'm1', rev: 2 }));
        },
      });
      void pipeUIMessageStreamToResponse({ response, stream });
    });
    const store = createUsageStore({ initial: usageSnapshot({ total: 2000 }) });
    const transport = new DefaultChatTransport({ api: server.url });
    function Chat(): ReactElement {
      const { messages, sendMessage } = useChat({ transport, onData: onUsageData(store) });
      const texts = messages.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])));
      return (
        <>
          <TokenMeter store={store} />
          <p>{texts.join(', ')}</p>
          <button onClick={() => void sendMessage({ text: 'Hi' })}>Send</button>
        </>
      );
    }
    render(<Chat />);
    act(() => screen.getByText('Send').click());
    await screen.findByText('Hi, Hello');
    await shows('3K tokens');
  });
});
