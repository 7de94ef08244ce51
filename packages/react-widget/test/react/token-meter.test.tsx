// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react';
import { StrictMode, useState } from 'react';
import type { ReactElement } from 'react';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fullSnapshot } from '../../gallery/states.ts';
import { KilotokenProvider, MessageTokens, TokenMeter, createUsageStore, useTokenUsage } from '../../src/index.ts';
import type { MessagesInput, TokenMeterProps, UsageCost, UsageError, UsageSnapshot } from '../../src/index.ts';
import { catalogs } from '../format/locales.ts';
import { usageChunk, usageSnapshot } from '../store/usage-server.ts';

afterEach(cleanup);

const slot = (name: string): HTMLElement | null => document.querySelector(`[data-kt=${name}]`);
const state = (): string | undefined => slot('root')?.dataset['state'];
const snapshotOf = (total: number, more: Partial<UsageSnapshot> = {}) => usageSnapshot({ total, ...more });

describe('a controlled meter', () => {
  test.for<[string, TokenMeterProps, string]>([
    ['nothing yet', { status: 'loading' }, 'loading'],
    ['a failed request', { status: 'error' }, 'error'],
    ['a profile without usage', { usage: null, status: 'ready' }, 'loading'],
    ['no tokens', { usage: snapshotOf(0, { counts: {} }) }, 'empty'],
    ['half of the quota', { usage: snapshotOf(5, { quota: { unit: 'tokens', used: 5, limit: 10 } }) }, 'ok'],
    ['three quarters', { usage: snapshotOf(5, { quota: { unit: 'tokens', used: 75, limit: 100 } }) }, 'near'],
    ['nine tenths', { usage: snapshotOf(5, { quota: { unit: 'tokens', used: 90, limit: 100 } }) }, 'critical'],
    ['all of it', { usage: snapshotOf(5, { quota: { unit: 'tokens', used: 100, limit: 100 } }) }, 'over'],
    ['a limit of nothing', { usage: snapshotOf(0, { quota: { unit: 'tokens', used: 0, limit: 0 } }) }, 'over'],
    ['a malformed snapshot', { usage: { v: 1, rev: -1, total: 4, counts: {} } }, 'error'],
    ['text', { usage: 'usage' }, 'error'],
    ['an answer that is no snapshot', { usage: {}, status: 'ready' }, 'error'],
  ])('shows %s as a state of its own', ([, props, expected]) => {
    render(<TokenMeter {...props} />);
    expect(state()).toBe(expected);
  });

  test('tells what is malformed once, and not while it renders', () => {
    const told: UsageError[] = [];
    function App({ usage }: { readonly usage?: unknown }): ReactElement {
      const [, setError] = useState<UsageError>();
      const onError = (error: UsageError): void => {
        told.push(error);
        setError(error);
      };
      // Like an app's own: a new object with every rendering.
      return <TokenMeter usage={usage && { ...usage }} onError={onError} />;
    }
    const printed = vi.spyOn(console, 'error');
    const { rerender } = render(<App usage={{ total: 5 }} />);
    rerender(<App />);
    rerender(<App usage={usageSnapshot()} />);
    expect(told.map(({ code, message }) => [code, message])).toEqual([['malformed', 'kilotoken: malformed usage']]);
    rerender(<App usage={usageSnapshot({ asOf: 'yesterday', quota: 5 as never })} />);
    expect(told.map(({ message }) => message).slice(1)).toEqual(['kilotoken: malformed asOf']);
    expect(slot('value')?.textContent).toBe('1.2K tokens');
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  test('makes no request and asks the app on Retry', () => {
    const fetched = vi.spyOn(globalThis, 'fetch');
    const onRetry = vi.fn<() => void>();
    render(<TokenMeter status="error" src="/never" onRetry={onRetry} />);
    act(() => slot('trigger')?.click());
    expect(onRetry).toHaveBeenCalledTimes(1);
    expect(fetched).not.toHaveBeenCalled();
    fetched.mockRestore();
  });

  test('leaves the store of a provider alone', async () => {
    const fetcher = vi.fn<() => Promise<unknown>>(async () => usageSnapshot());
    render(
      <KilotokenProvider store={createUsageStore({ fetcher })}>
        <TokenMeter usage={snapshotOf(5)} />
      </KilotokenProvider>,
    );
    await act(async () => new Promise((resolve) => setTimeout(resolve, 20)));
    expect(fetcher).not.toHaveBeenCalled();
  });

  test('follows its thresholds', () => {
    const usage = snapshotOf(5, { quota: { unit: 'tokens', used: 55, limit: 100 } });
    render(<TokenMeter usage={usage} thresholds={[0.5, 0.6]} />);
    expect(state()).toBe('near');
  });

  test.for<[TokenMeterProps['show'], string]>([
    [undefined, '1.2M tokens$12.44'],
    ['tokens', '1.2M tokens'],
    ['cost', '$12.44'],
    ['percent', '61%'],
    ['remaining', '765.4K left'],
  ])('with show %s puts "%s" in front', ([show, text]) => {
    render(<TokenMeter usage={fullSnapshot} {...(show && { show })} />);
    expect(slot('trigger')?.textContent).toBe(text);
  });

  test('shows neither cost, models nor quota that the server does not send', () => {
    render(<TokenMeter usage={usageSnapshot()} />);
    act(() => slot('trigger')?.click());
    expect(slot('root')?.textContent).not.toMatch(/\$|model|quota/i);
    expect(screen.queryByRole('meter')).toBeNull();
  });

  test('passes attributes and class names on, and keeps its own properties to itself', () => {
    const props = {
      id: 'm',
      'data-testid': 't',
      className: 'mine',
      title: 'x',
      inert: true,
      translate: 'no' as const,
      itemProp: 'usage',
      onError: () => undefined,
    };
    render(<TokenMeter usage={usageSnapshot()} {...props} classNames={{ root: 'r', value: 'v' }} />);
    const root = screen.getByTestId('t');
    expect([root.id, root.className, root.title, slot('value')?.className]).toEqual(['m', 'r mine', 'x', 'v']);
    expect(root.getAttributeNames().toSorted().join(' ')).toBe(
      'aria-label class data-kt data-state data-testid data-variant dir id inert itemprop lang role title translate',
    );
  });

  test('speaks English until its words are loaded', () => {
    render(<TokenMeter usage={usageSnapshot()} locale="ru" messages={null as unknown as MessagesInput} />);
    expect(slot('value')?.textContent).toBe('1.2K tokens');
  });

  test('hands out its element', () => {
    let element: HTMLElement | null = null;
    render(<TokenMeter usage={usageSnapshot()} ref={(root) => void (element = root)} />);
    expect(element).toBe(slot('root'));
  });

  test('says nothing of a cost of which nothing is known', () => {
    const cost = { amount: '0', currency: 'USD', complete: false };
    const models = [{ model: 'm', total: 7, cost }];
    render(<TokenMeter usage={usageSnapshot({ cost, models, last: { total: 7, cost } })} />);
    act(() => slot('trigger')?.click());
    expect(slot('root')?.textContent).not.toMatch(/[$≥·]|Cost/);
  });

  test('in the panel shows what there is, in the order asked for, with parts under their whole', () => {
    render(<TokenMeter usage={fullSnapshot} details={['models', 'breakdown']} modelName={(id) => id.toUpperCase()} />);
    act(() => slot('trigger')?.click());
    const sections = [...document.querySelectorAll<HTMLElement>('[data-section]')];
    expect(sections.map(({ dataset }) => dataset['section'])).toEqual(['models', 'breakdown']);
    expect(
      [...document.querySelectorAll('[data-section=breakdown] [data-kt=row]')].map((row) => row.textContent),
    ).toEqual(['Input1,034,567', 'Cached61%640,000', 'Output200,000', 'Reasoning81,000', 'Cost$12.44']);
    expect(sections[0]?.textContent).toContain('OPENAI/GPT-5-MINI900K · $9.10');
    expect(sections[0]?.textContent).toContain('Other34.6K');
  });

  test('lists a model that the server names twice as two, and prints nothing', () => {
    const printed = vi.spyOn(console, 'error');
    const models = [7, 5].map((total) => ({ model: 'm', total }));
    render(<TokenMeter usage={usageSnapshot({ models })} details={['models']} />);
    act(() => slot('trigger')?.click());
    const rows = [...document.querySelectorAll('[data-kt=row]')];
    expect(rows.map((row) => row.textContent)).toEqual(['m7', 'm5']);
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  test('takes what is undefined for left out', () => {
    const left = {
      src: undefined,
      fetcher: undefined,
      headers: undefined,
      credentials: undefined,
      retries: undefined,
      userKey: undefined,
      sync: undefined,
      onUnauthorized: undefined,
      onError: undefined,
      store: undefined,
      status: undefined,
      stale: undefined,
      onRetry: undefined,
      variant: undefined,
      show: undefined,
      details: undefined,
      thresholds: undefined,
      announce: undefined,
      now: undefined,
      modelName: undefined,
      classNames: undefined,
      onOpenChange: undefined,
    } satisfies TokenMeterProps;
    const { container, rerender } = render(<TokenMeter usage={fullSnapshot} />);
    const before = container.innerHTML;
    rerender(<TokenMeter {...left} usage={fullSnapshot} classNames={{ root: undefined }} />);
    expect(container.innerHTML).toBe(before);
    rerender(<MessageTokens total={5} estimated={undefined} />);
    expect(container.textContent).toBe('5 tokens');
  });

  test('is closed once its panel went, as when the user signs out', () => {
    const heard: boolean[] = [];
    const meter = (usage?: UsageSnapshot): ReactElement => (
      <TokenMeter usage={usage} status={usage ? 'ready' : 'unauthorized'} onOpenChange={(open) => heard.push(open)} />
    );
    const { rerender } = render(meter(usageSnapshot()));
    act(() => slot('trigger')?.click());
    expect(slot('trigger')?.ariaExpanded).toBe('true');
    rerender(meter());
    rerender(meter(usageSnapshot()));
    expect([slot('root')?.dataset['open'], slot('trigger')?.ariaExpanded, heard]).toEqual([
      undefined,
      'false',
      [true, false],
    ]);
  });

  test('without details has no button', () => {
    render(<TokenMeter usage={fullSnapshot} details={false} />);
    expect(screen.queryByRole('button')).toBeNull();
  });
});

describe('a meter with a store', () => {
  test('shows the store of the nearest provider, and each frame of it', () => {
    const store = createUsageStore({ initial: usageSnapshot({ rev: 1, total: 1000 }) });
    render(
      <StrictMode>
        <KilotokenProvider store={store}>
          <TokenMeter />
        </KilotokenProvider>
      </StrictMode>,
    );
    act(() => void store.apply(usageChunk('m1', 500, { rev: 2 })));
    expect(slot('value')?.textContent).toBe('1.5K tokens');
    expect(slot('root')?.dataset['pending']).toBe('true');
  });

  test('of its own needs no address to show what there is at first', () => {
    render(<TokenMeter initial={usageSnapshot({ total: 1000 })} />);
    expect(slot('value')?.textContent).toBe('1K tokens');
  });

  test('of its own forgets the user when another one signs in, and tells the newest onError', async () => {
    const asked: string[] = [];
    const told: string[] = [];
    const meter = (user: string, fail = false): ReactElement => (
      <TokenMeter
        src="/usage"
        userKey={user}
        sync={false}
        retries={0}
        fetcher={async () => {
          asked.push(user);
          if (fail) throw new Error('down');
          return usageSnapshot({ total: user.length * 1000 });
        }}
        onError={(error: UsageError) => told.push(`${user} ${error.code}`)}
      />
    );
    const { rerender } = render(meter('ada'));
    await vi.waitFor(() => expect(slot('value')?.textContent).toBe('3K tokens'), 10_000);
    rerender(meter('grace', true));
    expect(slot('value')?.textContent).toBe('');
    await vi.waitFor(() => expect(state()).toBe('error'), 10_000);
    rerender(meter('grace'));
    expect(asked).toEqual(['ada', 'grace']);
    expect(told).toEqual(['grace network']);
  });

  test('of its own tells of a malformed `initial`, and not while it renders', async () => {
    const printed = vi.spyOn(console, 'error');
    function App(): ReactElement {
      const [told, setTold] = useState<UsageError>();
      return (
        <>
          <TokenMeter initial={{ total: 5 }} onError={setTold} />
          <p>{told?.message}</p>
        </>
      );
    }
    render(<App />);
    await screen.findByText('kilotoken: malformed usage');
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  test('shows the fallback once the endpoint says 401', async () => {
    const onUnauthorized = vi.fn<() => void>();
    const fetcher = () => Promise.reject(Object.assign(new Error('no'), { status: 401 }));
    render(<TokenMeter fetcher={fetcher} onUnauthorized={onUnauthorized} fallback={<b>Sign in</b>} />);
    await screen.findByText('Sign in');
    expect(slot('root')).toBeNull();
    expect(onUnauthorized).toHaveBeenCalledTimes(1);
  });

  test('renders the app that uses the hook only when usage changes', () => {
    const store = createUsageStore({ initial: usageSnapshot() });
    const seen: (number | undefined)[] = [];
    function App(): null {
      const { usage } = useTokenUsage(store);
      seen.push(usage?.total);
      return null;
    }
    render(<App />);
    act(() => void store.apply({ nonsense: true }));
    act(() => void store.apply(usageChunk('m1', 100, { rev: 2 })));
    expect(seen).toEqual([1200, 1300]);
  });
});

describe('a message', () => {
  test('shows tokens and cost, with input and output in its title', () => {
    const cost = { amount: '0.0312', currency: 'USD', complete: true };
    render(<MessageTokens input={1170} output={64} cost={cost} locale="ru" messages={[...catalogs.values()]} />);
    const badge = slot('message');
    expect(badge?.firstChild?.textContent?.replaceAll(/\s/g, ' ')).toBe('1,2 тыс. токенов · 0,031 $');
    expect(badge?.title.replaceAll(/\s/g, ' ')).toBe('Входные: 1 170, Выходные: 64');
  });

  test.for([{}, { total: -1 }, { total: Number.NaN }, { input: undefined, output: undefined }])(
    'with %j shows nothing',
    (props) => {
      render(<MessageTokens {...props} />);
      expect(slot('message')).toBeNull();
    },
  );

  test.for([
    { amount: 'much', currency: 'USD', complete: true },
    { amount: '-1', currency: 'USD', complete: true },
    { amount: '1', currency: 'dollars', complete: false },
    { amount: '1', complete: true },
  ])('with a cost like %j shows its tokens', (cost) => {
    render(<MessageTokens total={5} input={Number.NaN} cost={cost as UsageCost} />);
    expect([slot('message')?.textContent, slot('message')?.title]).toEqual(['5 tokens', '']);
  });

  test('with counts that are null in a database says nothing of them', () => {
    const counts = { input: null, output: null } as unknown as { input?: number };
    const { rerender } = render(<MessageTokens {...counts} />);
    expect(slot('message')).toBeNull();
    rerender(<MessageTokens {...counts} output={3} />);
    expect([slot('message')?.firstChild?.textContent, slot('message')?.title]).toEqual(['3 tokens', 'Output: 3']);
  });

  test.for([{ total: 1234n }, { input: 1170n, output: 64n }, { input: 1170, output: 64n }, { input: 1234n }])(
    'with bigints, as databases give them, shows their number: %o',
    (counts) => {
      render(<MessageTokens {...(counts as object)} />);
      expect(slot('message')?.firstChild?.textContent).toBe('1.2K tokens');
    },
  );

  test.for([{ one: '{n} credit' }, {}])('with plural forms %j, which lack `other`, takes the English one', (tokens) => {
    const { rerender } = render(<MessageTokens total={5} messages={{ tokens } as never} />);
    expect(slot('message')?.textContent).toBe('5 tokens');
    rerender(<MessageTokens total={1} messages={{ tokens } as never} />);
    expect(slot('message')?.textContent).toBe(tokens.one === undefined ? '1 token' : '1 credit');
  });

  test.for([
    ['ar_EG', 'rtl'],
    ['he', 'rtl'],
    ['fa-IR', 'rtl'],
    ['dv', 'rtl'],
    ['pa-PK', 'rtl'],
    ['ks', 'rtl'],
    ['pa', 'ltr'],
    ['sd-Deva', 'ltr'],
    ['', 'ltr'],
    ['no language', 'ltr'],
  ])('with words of the app in %s runs %s, as its script does', ([locale, direction]) => {
    render(<MessageTokens total={5} locale={locale} messages={{ locale: locale || 'en', input: 'in' }} />);
    expect(slot('message')?.dir).toBe(direction);
  });

  test('with 0 shows 0, and estimates as such', () => {
    render(<MessageTokens total={0} estimated />);
    expect(slot('message')?.textContent).toBe('≈ 0 tokens');
  });
});
