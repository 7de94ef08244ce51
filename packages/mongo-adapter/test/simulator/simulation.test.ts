import { describe, expect, it } from 'vitest';
import { simulateMany } from './simulate-many.ts';

const isFull = process.env['KILOTOKEN_FULL'] === '1';

describe('the fold protocol in a storm', () => {
  const seeds = isFull ? 20_000 : 2000;
  it(`neither loses nor doubles anything in ${seeds} schedules`, { timeout: 1_200_000 }, async () => {
    const sums = await simulateMany({ seeds });
    expect(sums).toMatchObject({
      overCounts: 0,
      underCounts: 0,
      wrongMessages: 0,
      lostAcknowledged: 0,
      problems: [],
    });
    // It was a storm: records were acknowledged, and processes died.
    expect(sums.acknowledged).toBeGreaterThan(seeds * 10);
    expect(sums.crashes).toBeGreaterThan(seeds / 2);
  });
});

describe('the same simulator', () => {
  it.for([
    ['a bare $inc', 'bare-increment', 'step-by-step', 'overCounts', 20],
    ['a bare $inc in one command with the rows', 'bare-increment', 'at-once', 'overCounts', 20],
    ['a guard that is only less than', 'less-than-guard', 'step-by-step', 'overCounts', 60],
    ['an acknowledgement by the primary alone', 'write-concern-1', 'step-by-step', 'wrongMessages', 40],
    ['guard entries that go too early', 'early-guard-removal', 'mixed', 'overCounts', 20],
    ['message fields that are incremented', 'incremented-messages', 'mixed', 'wrongMessages', 20],
    ['messages set first without a look at what they show', 'first-message-unchecked', 'at-once', 'wrongMessages', 20],
    ['a command that counts although a row was a duplicate', 'unordered-batch', 'at-once', 'overCounts', 20],
    ['one command for a ledger and users on two shards', 'batch-over-shards', 'at-once', 'overCounts', 100],
  ] as const)('notices %s', { timeout: 120_000 }, async ([, bad, batches, symptom, seeds]) => {
    const sums = await simulateMany({ seeds, bad, batches });
    expect(sums[symptom]).toBeGreaterThan(0);
  });
});
