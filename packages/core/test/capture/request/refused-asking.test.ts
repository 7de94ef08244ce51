import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { chatAnswer, errorAnswer } from '../../../src/testing/index.ts';
import type { ProviderAnswer, StreamOptionsRefusal } from '../../../src/testing/index.ts';
import { hiStream } from '../../testing/fake-provider-fixture.ts';
import { meteredClient } from '../metered-client.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const stray = errorAnswer({ status: 400, message: 'Param Incorrect' });

describe('a stream that a provider refused and then took without our asking', () => {
  it('is asked for usage again after a minute, and from then on as before', async () => {
    const { stream, passed, asked, records } = await streams({ answers: [stray] });
    await stream();
    await stream();
    expect(asked()).toEqual([true, false, false]);
    passed(minuteMs);
    await stream();
    await stream();
    expect(asked().slice(3)).toEqual([true, true]);
    expect((await records()).map(({ outcome, origin }) => `${outcome} ${origin}`)).toEqual([
      'refused missing',
      'completed missing',
      'completed missing',
      'completed reported',
      'completed reported',
    ]);
  });

  it('is asked by one call at a time, after the same pause where several were refused at once', async () => {
    const { stream, passed, asked } = await streams({ rejectStreamOptions: 'unnamed' });
    await Promise.all([stream(), stream(), stream()]);
    const before = asked().length;
    passed(minuteMs);
    await Promise.all([stream(), stream(), stream()]);
    expect(asked().slice(before).filter(Boolean)).toHaveLength(1);
  });

  it('is asked the more rarely the more often that was refused, but once a day', async () => {
    const { stream, passed, asked } = await streams({ rejectStreamOptions: 'unnamed' });
    await stream();
    for (const minutes of [1, 4, 16, 64, 256, 1024, 24 * 60, 24 * 60]) {
      const before = asked().length;
      passed(minutes * minuteMs - 1);
      await stream();
      passed(1);
      await stream();
      expect(asked().slice(before)).toEqual([false, true, false]);
    }
  });

  it('is never asked again where the provider named what it refuses', async () => {
    const { stream, passed, asked } = await streams({ rejectStreamOptions: 'named' });
    await stream();
    passed(100 * dayMs);
    await stream();
    expect(asked()).toEqual([true, false, false]);
  });
});

/** A client whose streams are read to their end, on a clock that the test sets. */
async function streams(provider: {
  readonly answers?: readonly ProviderAnswer[];
  readonly rejectStreamOptions?: StreamOptionsRefusal;
}) {
  const elapsed = vi.spyOn(performance, 'now');
  onTestFinished(() => elapsed.mockRestore());
  let nowMs = 0;
  elapsed.mockImplementation(() => nowMs);
  const client = await meteredClient({ provider });
  client.provider.handle(() => chatAnswer({ text: 'Rhine' }));
  return {
    async stream() {
      for await (const _ of await client.openai.chat.completions.create(hiStream));
    },
    passed: (ms: number) => (nowMs += ms),
    /** Of each request, whether it asked for usage. */
    asked: () => client.provider.requests.map(({ bodyText }) => bodyText.includes('stream_options')),
    records: client.records,
  };
}
