import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, expect, it, vi } from 'vitest';
import OpenAI from 'openai';
import { createMeter, memoryStore } from '../../src/index.ts';
import { hi, startProvider } from '../testing/fake-provider-fixture.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

// On Node 22 a single `run` makes every await of the process dearer, for good.
it('no call is followed by async context, unless the app asks for it by turn.run', async () => {
  const entered = [
    vi.spyOn(AsyncLocalStorage.prototype, 'run'),
    vi.spyOn(AsyncLocalStorage.prototype, 'enterWith'),
    vi.spyOn(process.getBuiltinModule('node:async_hooks'), 'createHook'),
  ];
  const times = (): number => entered.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
  const provider = await startProvider();
  const store = memoryStore();
  const meter = createMeter({ store });
  const openai = meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' }));
  const turn = meter.track({ userId: 'u1' });

  await openai.chat.completions.create(hi, turn.options);
  for await (const _ of await openai.chat.completions.create({ ...hi, stream: true }, turn.options));
  await turn.usage();
  await turn.stored();
  await meter.flush();
  expect((await store.totals({ userId: 'u1' })).calls).toBe(2);
  expect(times()).toBe(0);

  await turn.run(() => openai.chat.completions.create(hi));
  await meter.close();
  expect((await store.totals({ userId: 'u1' })).calls).toBe(3);
  expect(times()).toBeGreaterThan(0);
});
