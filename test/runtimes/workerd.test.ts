import type { UsageRecord } from '@kilotoken/core';
import { type Cleanup, runOn } from './ask-runtime.ts';
import { expect, test } from 'vitest';

test.for(['one meter per worker', 'one meter per request'])(
  'with waitUntil and %s each record reaches a remote store after its request has its answer',
  async (scenario, { onTestFinished }) => {
    const { run, stored } = remoteStore(scenario, onTestFinished);
    await run();
    // At once: a request must not wait for what belongs to another, which ends with that.
    await Promise.all([run(), run(), run(), run()]);
    await run();
    expect(await stored(6)).toHaveLength(6);
  },
);

/** Runs a scenario whose store is a server of the test, and waits for what arrives there. */
function remoteStore(
  scenario: string,
  onTestFinished: Cleanup,
): { run(): Promise<unknown>; stored(count: number): Promise<readonly string[]> } {
  const ids = new Set<string>();
  let arrived = (): void => {};
  const whilePaused = async (_provider: unknown, body: string): Promise<string> => {
    for (const { id } of JSON.parse(body) as UsageRecord[]) ids.add(id);
    arrived();
    return '';
  };
  return {
    run: () => runOn('workerd', scenario, onTestFinished, { whilePaused }),
    async stored(count) {
      while (ids.size < count) {
        // oxlint-disable-next-line no-await-in-loop -- one arrival after the other
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
      }
      return [...ids];
    },
  };
}
