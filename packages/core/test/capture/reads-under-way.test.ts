import { describe, expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../src/index.ts';
import type { UsageRecord } from '../../src/index.ts';
import { chatAnswer } from '../../src/testing/index.ts';
import type { ProviderAnswer } from '../../src/testing/index.ts';
import { readAll } from '../read-all.ts';
import { hiAsked, hiStream, startProvider } from '../testing/fake-provider-fixture.ts';

type Reader = ReadableStreamDefaultReader<Uint8Array>;

interface Opened {
  readonly reader: Reader;
  readonly host: AbortController;
  records(): Promise<UsageRecord[]>;
}

async function opened(answer: ProviderAnswer, body: object, isMetered = true): Promise<Opened> {
  const provider = await startProvider({ answers: [answer] });
  const store = memoryStore();
  const meter = createMeter({ store });
  const host = new AbortController();
  const send = isMetered ? meter.fetch() : fetch;
  const url = `${provider.baseURL}/chat/completions`;
  const response = await send(url, { method: 'POST', body: JSON.stringify(body), signal: host.signal });
  return {
    reader: response.body?.getReader() as Reader,
    host,
    async records() {
      await meter.flush();
      return readAll(store.records({}));
    },
  };
}

const tokens = ['Rhine ', 'Rhone ', 'Po ', 'Elbe '];
/** Behind the role, the tokens and the finish reason the usage comes later. */
const slow = chatAnswer({ tokens, stall: { afterEvents: tokens.length + 2, forMs: 150 } });

async function readUntilFinished(reader: Reader): Promise<void> {
  let text = '';
  while (!text.includes('"finish_reason":"stop"')) text += new TextDecoder().decode((await reader.read()).value);
}

describe.each([
  ['asked by the app', hiAsked],
  ['asked and hidden', hiStream],
])('reads under way of a stream, its usage %s', (_name, body) => {
  it('are answered in the order they were asked in', async () => {
    const { reader } = await opened(chatAnswer({ tokens, delayMs: 10 }), body);
    const asked = [reader.read(), reader.read(), reader.read()];
    await asked[0];
    asked.push(reader.read(), reader.read());
    const text = (await Promise.all(asked)).map(({ value }) => new TextDecoder().decode(value)).join('');
    expect([...text.matchAll(/"content":"(\w+)/g)].map(([, word]) => word)).toEqual(['Rhine', 'Rhone', 'Po', 'Elbe']);
  });

  it.for([true, false])('fail with the reason of an abort, as `closed` does (metered: %s)', async (isMetered) => {
    const { reader, host } = await opened(slow, body, isMetered);
    await readUntilFinished(reader);
    const [read, next, closed] = [reader.read(), reader.read(), reader.closed];
    const reason = new RangeError('enough');
    setTimeout(() => host.abort(reason), 10);
    const settled = await Promise.allSettled([read, next, closed, closed.then(() => reader.read())]);
    expect(settled.map((one) => (one.status === 'rejected' ? one.reason : one))).toEqual([
      reason,
      reason,
      reason,
      reason,
    ]);
  });

  it.for([true, false])('are not needed for `closed` to fail at once (metered: %s)', async (isMetered) => {
    const { reader, host } = await opened(slow, body, isMetered);
    await readUntilFinished(reader);
    const { closed } = reader;
    expect(reader.closed).toBe(closed);
    host.abort(new RangeError('enough'));
    const later = new Promise((resolve) => {
      setTimeout(resolve, 75);
    });
    await expect(Promise.race([closed, later])).rejects.toThrow('enough');
    await expect(reader.closed).rejects.toThrow('enough');
  });

  it('leave what they would have given to the read for the usage', async () => {
    const { reader, host, records } = await opened(slow, body);
    await readUntilFinished(reader);
    const read = reader.read();
    setTimeout(() => host.abort(), 10);
    await expect(read).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    await expect.poll(records).toMatchObject([{ outcome: 'stopped', origin: 'drained' }]);
  });

  it.for([true, false])('end where the host cancels (metered: %s)', async (isMetered) => {
    const { reader, records } = await opened(slow, body, isMetered);
    await readUntilFinished(reader);
    const [read, closed] = [reader.read(), reader.closed];
    await reader.cancel();
    expect(await Promise.all([read, closed])).toEqual([{ done: true, value: undefined }, undefined]);
    if (isMetered) await expect.poll(records).toMatchObject([{ outcome: 'stopped', origin: 'drained' }]);
  });
});
