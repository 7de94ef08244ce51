import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

/**
 * What metering adds, as a share of what it is added to, as `src/hot-path/short-form.ts` printed it last: reading a body
 * without the SDK, and calls of the SDK. Write down anew what it prints when the hot path gets lighter.
 */
const measured = {
  'body, observed': 1.4,
  'body, hidden': 4.4,
  'body, observed, long': 1.5,
  'body, hidden, long': 3.3,
  'client, observed': 0.18,
  'client, hidden': 0.28,
  'client, short calls': 0.6,
} as const;

/** Below 2, so that nothing lands that doubles a share; far above what a busy machine makes of it. */
const most = 1.7;
/** Of the SDK's own cost: shares as small as those of streams through the SDK move with the noise of the rest. */
const noise = 0.1;

const script = join(import.meta.dirname, '../src/hot-path/short-form.ts');
let added: Readonly<Record<string, number>>;

beforeAll(() => {
  // In a plain process: what vitest makes of modules is not what users run.
  const printed = execFileSync(process.execPath, ['--conditions=@kilotoken/source', script], { encoding: 'utf8' });
  added = JSON.parse(printed) as Readonly<Record<string, number>>;
}, 240_000);

describe('the hot path', () => {
  it.for(Object.entries(measured))('adds no more than it did: %s', ([name, share]) => {
    const allowance = name.startsWith('client') ? noise : 0;
    expect(added[name], `${name} added ${added[name]} of the bare cost`).toBeLessThan(share * most + allowance);
  });

  // Beside other tests the two shares of one run may differ by more than a quarter; work that grows with the stream is
  // also caught by what is allowed to a long one above.
  it.for(['observed', 'hidden'])('adds no more to an event of a longer stream: %s', (way) => {
    expect(added[`body, ${way}, long`]).toBeLessThan((added[`body, ${way}`] ?? 0) * most);
  });
});
