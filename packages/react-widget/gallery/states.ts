import type { TokenMeterProps, UsageSnapshot } from '../src/index.ts';

const cost = { amount: '12.4381', currency: 'USD', complete: true };

/** A month in the middle, with everything a server can expose. */
export const fullSnapshot: UsageSnapshot = {
  v: 1,
  rev: 41,
  asOf: '2026-11-22T10:00:00.000Z',
  period: {
    kind: 'month',
    start: '2026-11-01T00:00:00.000Z',
    resetsAt: '2026-12-01T00:00:00.000Z',
    timeZone: 'UTC',
  },
  total: 1_234_567,
  counts: { input: 1_034_567, cached: 640_000, output: 200_000, reasoning: 81_000 },
  cost,
  quota: { unit: 'tokens', used: 1_234_567, limit: 2_000_000 },
  last: { total: 4100, cost: { ...cost, amount: '0.0312' } },
  models: [
    { model: 'openai/gpt-5-mini', total: 900_000, cost: { ...cost, amount: '9.10' } },
    { model: 'anthropic/claude-sonnet-4.5', total: 200_000, cost: { ...cost, amount: '2.20' } },
    { model: 'google/gemini-3-flash', total: 100_000, cost: { ...cost, amount: '0.9' } },
    { model: 'mistralai/mistral-large-2512', total: 20_000, cost: { ...cost, amount: '0.2' } },
    { model: 'qwen/qwen3-235b', total: 14_567, cost: { ...cost, amount: '0.0381' } },
  ],
  days: [12, 40, 22, 61, 90, 15, 0, 33, 71, 66, 54, 80, 12, 5, 44, 76, 98, 60, 48, 52, 70, 31].map((count, index) => ({
    day: `2026-11-${String(index + 1).padStart(2, '0')}`,
    total: count * 1000,
  })),
};

const at = (used: number): UsageSnapshot => ({
  ...fullSnapshot,
  total: used,
  quota: { unit: 'tokens', used, limit: 2_000_000 },
});
const { quota: _quota, period: _period, ...unlimited } = fullSnapshot;
const { cost: _cost, models: _models, ...plain } = fullSnapshot;

/** Every state of the widget, by name. */
export const states: { readonly [name: string]: TokenMeterProps } = {
  loading: { status: 'loading' },
  empty: { usage: { ...at(0), counts: { input: 0, output: 0 }, cost: { ...cost, amount: '0' } } },
  ok: { usage: fullSnapshot },
  'tokens only': { usage: plain },
  'no limit': { usage: unlimited },
  near: { usage: at(1_610_000) },
  critical: { usage: at(1_904_321) },
  over: { usage: at(2_468_000) },
  error: { status: 'error' },
  stale: { usage: fullSnapshot, stale: true },
  'cost incomplete': { usage: { ...fullSnapshot, estimated: 12_000, cost: { ...cost, complete: false } } },
  'money quota': {
    usage: { ...fullSnapshot, quota: { unit: 'cost', used: 12.4381, limit: 15, currency: 'USD' } },
  },
  huge: { usage: { ...at(987_654_321_987), counts: { input: 987_000_000_000, output: 654_321_987 } } },
};
