import { chatAnswer, errorAnswer, type FakeProvider } from '@kilotoken/core/testing';
import { describe, expect, test } from 'vitest';
import { runOn } from './ask-runtime.ts';
import { runtimeNames } from './runtime-process.ts';

describe.for(runtimeNames)('on %s', (runtime) => {
  test.for(['plain', 'streamed', 'responses'])(
    'a call that is %s reads as through a bare client, and makes one exact record',
    async (scenario, { onTestFinished }) => {
      const bare = await runOn(runtime, scenario, onTestFinished, { isMetered: false });
      const metered = await runOn(runtime, scenario, onTestFinished);

      expect(JSON.parse(metered.text)).toEqual(JSON.parse(bare.text));
      const { records, ...rest } = await metered.report();
      expect(rest).toEqual({ errors: [], pending: 0 });
      const { tokens } = metered.provider.generated;
      expect(records).toMatchObject([{ origin: 'reported', outcome: 'completed', tokens }]);
    },
  );

  test('the response and its copy look and behave as through a bare client', async ({ onTestFinished }) => {
    const bare = await runOn(runtime, 'the response itself', onTestFinished, { isMetered: false });
    const metered = await runOn(runtime, 'the response itself', onTestFinished);
    expect(JSON.parse(metered.text)).toEqual(JSON.parse(bare.text));
    expect((await metered.report()).records).toHaveLength(2);
  });

  test('a refusal and an abort are the errors of a bare client, with one record each', async ({ onTestFinished }) => {
    const answers = [errorAnswer({ status: 429 }), chatAnswer({ text: 'a b c d', stall: { afterEvents: 4 } })];
    const bare = await runOn(runtime, 'refused and aborted', onTestFinished, {
      isMetered: false,
      provider: { answers },
    });
    const metered = await runOn(runtime, 'refused and aborted', onTestFinished, { provider: { answers } });

    expect(JSON.parse(metered.text)).toEqual(JSON.parse(bare.text));
    const { records, ...rest } = await metered.report();
    expect(rest).toEqual({ errors: [], pending: 0 });
    expect(records).toMatchObject([{ outcome: 'refused' }, { outcome: 'stopped' }]);
  });

  test('the app that breaks out of a stream ends the connection, and makes one record', async ({ onTestFinished }) => {
    const answers = [chatAnswer({ text: 'one two three four', stall: { afterEvents: 3 } })];
    const bare = await runOn(runtime, 'break', onTestFinished, { isMetered: false, provider: { answers } });
    const metered = await runOn(runtime, 'break', onTestFinished, { provider: { answers } });

    expect(JSON.parse(metered.text)).toEqual(JSON.parse(bare.text));
    const request = await metered.provider.request(1);
    await request.finished;
    expect(request.aborted).toBe(true);
    const { records, ...rest } = await metered.report();
    expect(rest).toEqual({ errors: [], pending: 0 });
    expect(records).toHaveLength(1);
    expect(records).toMatchObject([{ outcome: 'stopped', origin: 'estimated' }]);
  });

  test('an abort within a read behind the finish reason leaves the usage to the meter', async ({ onTestFinished }) => {
    const tokens = ['Rhine ', 'Rhone '];
    const answers = [chatAnswer({ tokens, stall: { afterEvents: tokens.length + 2, forMs: 150 } })];
    const bare = await runOn(runtime, 'aborted within a read', onTestFinished, {
      isMetered: false,
      provider: { answers },
    });
    const metered = await runOn(runtime, 'aborted within a read', onTestFinished, { provider: { answers } });

    expect(JSON.parse(metered.text)).toEqual(JSON.parse(bare.text));
    await expect
      .poll(async () => (await metered.report()).records)
      .toMatchObject([{ outcome: 'stopped', origin: 'drained' }]);
    expect((await metered.report()).errors).toEqual([]);
  });

  test('close stores what was never read, and leaves alone what is being read', async ({ onTestFinished }) => {
    const answers = [1, 2].map(() => chatAnswer({ tokens: ['a', 'b'], stall: { afterEvents: 2 } }));
    const run = await runOn(runtime, 'closed while one is read and one is not', onTestFinished, {
      provider: { answers },
    });
    expect(JSON.parse(run.text)).toEqual([{ left: 0 }, false]);
    // A worker without weak references holds none of its answers for the end.
    const unread = runtime === 'workerd without Node' ? [] : [{ outcome: 'unread', origin: 'missing' }];
    expect((await run.report()).records).toMatchObject(unread);
  });

  test('the body is not read while the app pauses', async ({ onTestFinished }) => {
    const provider = { answers: [chatAnswer({ tokens: Array.from({ length: 60 }, (_, index) => ` ${index}`) })] };
    const whilePaused = async ({ request }: FakeProvider): Promise<string> => {
      const { finished } = await request(1);
      await finished;
      return '';
    };
    const bare = await runOn(runtime, 'counted', onTestFinished, { provider, whilePaused, isMetered: false });
    const metered = await runOn(runtime, 'counted', onTestFinished, { provider, whilePaused });

    const [seenBare, seen] = [bare, metered].map(({ text }) => JSON.parse(text) as Counted);
    expect(seen?.chunks).toEqual(seenBare?.chunks);
    // Two chunks were taken, each from a read of its own at most; what a read ahead would be is the rest.
    expect(seen?.readsWhilePaused).toBeLessThanOrEqual(2);
    expect((await metered.report()).records).toHaveLength(1);
  });

  test('a provider that writes faster than the app reads is held up', async ({ onTestFinished }) => {
    const eventCount = 400;
    const tokens = Array.from({ length: eventCount }, () => 'x'.repeat(64 * 1024));
    const provider = { answers: [chatAnswer({ tokens })] };
    const bare = await runOn(runtime, 'paused', onTestFinished, { provider, whilePaused: stalledAt, isMetered: false });
    const metered = await runOn(runtime, 'paused', onTestFinished, { provider, whilePaused: stalledAt });

    const [seenBare, seen] = [bare, metered].map(({ text }) => JSON.parse(text) as Paused);
    expect(seenBare?.eventsSent).toBeLessThan(eventCount * 0.75);
    expect(seen?.eventsSent).toBeLessThan(eventCount * 0.75);
    expect(seen?.chunks).toBe(seenBare?.chunks);
    expect((await metered.report()).records).toHaveLength(1);
  });

  test('turn.options name the turn of a call', async ({ onTestFinished }) => {
    const { text, report } = await runOn(runtime, 'turn.options', onTestFinished);
    expect(JSON.parse(text)).toMatchObject({ calls: 1, complete: true, tokens: { totalTokens: 8 } });
    expect((await report()).records).toMatchObject([{ attribution: { userId: 'u1' } }]);
  });
});

test.for(runtimeNames.filter((name) => name !== 'workerd without Node'))(
  'turn.run tells the calls of two turns apart on %s',
  async (runtime, { onTestFinished }) => {
    const { text, report } = await runOn(runtime, 'turn.run', onTestFinished);
    const turn = { calls: 1, complete: true, tokens: { inputTokens: 3, outputTokens: 5, totalTokens: 8 } };
    expect(JSON.parse(text)).toMatchObject([turn, turn]);
    const { records } = await report();
    expect(records).toHaveLength(2);
    const streamedBy = Object.fromEntries(records.map(({ attribution, streamed }) => [attribution.userId, streamed]));
    expect(streamedBy).toEqual({ u1: true, u2: false });
  },
);

test('turn.run says what is missing where there is no AsyncLocalStorage', async ({ onTestFinished }) => {
  const run = runOn('workerd without Node', 'turn.run', onTestFinished);
  await expect(run).rejects.toThrow('turn.run() needs AsyncLocalStorage');
});

// workerd lets nobody call its collector.
const collecting = runtimeNames.filter((name) => !name.startsWith('workerd'));

describe.for(collecting)('the garbage collector of %s', (runtime) => {
  test('takes nothing from a stream that is being read', async ({ onTestFinished }) => {
    const { report } = await runOn(runtime, 'collect garbage while reading', onTestFinished);
    expect((await report()).records).toMatchObject([{ origin: 'reported', outcome: 'completed' }]);
  });

  test('has answers recorded that nobody reads', async ({ onTestFinished }) => {
    const { text, report } = await runOn(runtime, 'collect unread answers', onTestFinished);
    const { records } = await report();
    expect(records.length).toBeGreaterThan(0);
    expect(records).toHaveLength(Number(text));
    expect(records.filter(({ outcome }) => outcome !== 'unread')).toEqual([]);
  });
});

interface Counted {
  readonly chunks: unknown;
  readonly readsWhilePaused: number;
}

interface Paused {
  readonly chunks: number;
  readonly eventsSent: number;
}

/** Waits until the provider could write nothing for 100 ms: all that lies between it and the app is full. */
async function stalledAt(provider: FakeProvider): Promise<string> {
  const request = await provider.request(1);
  let sent = -1;
  for (let quietRounds = 0; quietRounds < 10; quietRounds += 1) {
    if (request.eventsSent !== sent) quietRounds = 0;
    sent = request.eventsSent;
    // oxlint-disable-next-line no-await-in-loop -- looks again and again
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
  return String(sent);
}
