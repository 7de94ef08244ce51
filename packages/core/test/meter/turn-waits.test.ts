import { afterEach, expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../src/index.ts';
import { chatAnswer } from '../../src/testing/index.ts';
import { hi, startProvider } from '../testing/fake-provider-fixture.ts';

const warnings: string[] = [];
const hear = (warning: Error): void => void warnings.push(warning.message);
process.on('warning', hear);
afterEach(() => {
  warnings.length = 0;
});

it.for([
  [Number.POSITIVE_INFINITY, true],
  [2 ** 40, true],
  [0, false],
  [-5, false],
  [Number.NaN, true],
] as const)('a turn waits %d ms as long as a timer can, without a warning', async ([timeoutMs, complete]) => {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  const provider = await startProvider({ answers: [chatAnswer({ gate: () => opened })] });
  const meter = createMeter({ store: memoryStore() });
  const turn = meter.track({ userId: 'u1' });
  const headers = { 'content-type': 'application/json', ...turn.options.headers };
  const url = `${provider.baseURL}/chat/completions`;
  const answer = meter
    .fetch()(url, { method: 'POST', headers, body: JSON.stringify(hi) })
    .then((response) => response.text());
  const usage = turn.usage({ timeoutMs });
  const stored = turn.stored({ timeoutMs });
  const soonest = Promise.race([usage, stored, new Promise((resolve) => setTimeout(resolve, 30, 'still open'))]);
  setTimeout(() => open(), 50);
  if (complete) expect(await soonest).toBe('still open');
  expect(await usage).toMatchObject({ complete });
  expect(await stored).toMatchObject({ pending: complete ? 0 : 1 });
  await answer;
  expect(await turn.stored({ timeoutMs: complete ? timeoutMs : 1000 })).toEqual({ stored: 1, pending: 0 });
  expect(await meter.close({ timeoutMs })).toEqual({ left: 0 });
  expect(warnings).toEqual([]);
});
