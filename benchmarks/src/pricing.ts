// What does it cost to price a call: a model seen before, and one seen for the first time?
// Run from the root: npx node --conditions=@kilotoken/source benchmarks/src/pricing.ts
import { priceUsage } from '@kilotoken/core';
import type { PricedCall } from '@kilotoken/core';
import { handOver } from './runner/results.ts';
import type { Row } from './runner/results.ts';

const models = [
  'gpt-5-mini',
  'gpt-5.6-terra',
  'gpt-4o',
  'gpt-6-sol',
  'gpt-4.1',
  'o3',
  'gpt-audio',
  'text-embedding-3-small',
];

const call = (responseModel: string, more: Partial<PricedCall> = {}): PricedCall => ({
  provider: 'openai',
  operation: 'chat',
  responseModel,
  serviceTier: 'default',
  startedAt: new Date('2026-11-22T12:00:00Z'),
  tokens: { inputTokens: 20_000, outputTokens: 3_000, cacheReadInputTokens: 12_000, reasoningOutputTokens: 1_800 },
  rawUsage: { prompt_tokens: 20_000, completion_tokens: 3_000, total_tokens: 23_000 },
  ...more,
});

const firstStart = performance.now();
priceUsage(call('gpt-5-mini'));
const firstUs = (performance.now() - firstStart) * 1000;

// Each date makes a name nobody has seen, so each is looked up in the price list and read.
const unseen = models.flatMap((model) => Array.from({ length: 80 }, (_, index) => call(`${model}-${dateOf(index)}`)));
const coldUs = unseen.map((one) => {
  const start = performance.now();
  priceUsage(one);
  return (performance.now() - start) * 1000;
});

const rows: Row[] = [
  { model: 'first call of the process', ns: firstUs * 1000 },
  { model: 'for the first time', ns: median(coldUs) * 1000 },
];
console.log(`Node ${process.version}, best of 7 rounds by CPU time; machines with neighbours vary by a factor of two`);
console.log(
  `first call of the process      ${firstUs.toFixed(0).padStart(7)} us (opens the price list, nothing is compiled yet)`,
);
console.log(
  `a model for the first time     ${median(coldUs).toFixed(1).padStart(7)} us median of ${coldUs.length}, early ones included`,
);
warm('one model                 ', [call('gpt-5-mini')]);
warm(
  'eight models, alternating ',
  models.map((model) => call(model)),
);
warm('long context, dated       ', [call('gpt-5.6-terra', { tokens: { inputTokens: 300_000, outputTokens: 3_000 } })]);
warm('service tier flex         ', [call('gpt-5-mini', { serviceTier: 'flex' })]);
warm('cost told by the provider ', [call('openai/gpt-5-mini', { provider: 'openrouter', rawUsage: { cost: 0.0083 } })]);
warm('unknown model             ', [call('house-model')]);
handOver('Price of a call', rows);

/** Prints the time per call when the models have been seen before. */
function warm(name: string, calls: readonly PricedCall[]): void {
  const count = 400_000;
  const rounds = Array.from({ length: 7 }, () => {
    const start = process.cpuUsage();
    for (let index = 0; index < count; index += 1) priceUsage(calls[index % calls.length] as PricedCall);
    const { user, system } = process.cpuUsage(start);
    return ((user + system) * 1000) / count;
  });
  const least = Math.min(...rounds);
  rows.push({ model: `seen before, ${name.trim()}`, ns: least });
  console.log(`seen before, ${name}${least.toFixed(0).padStart(6)} ns`);
}

function dateOf(index: number): string {
  return new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
