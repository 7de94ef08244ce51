import { stubFetch } from '../../hot-path/wire.ts';
import type { Setup } from '../setup.ts';
import type { HeldBytes, Task } from '../task.ts';
import { chatStream } from './requests.ts';
import { usedBytes } from './used-bytes.ts';

/** Streams read in step, each by the same number of events; what is in use is looked at after a collection. */
export async function holdStreams(setup: Setup, task: Extract<Task, { kind: 'hold' }>): Promise<HeldBytes> {
  const last = task.events.at(-1) ?? 0;
  const client = setup.client({ apiKey: 'test', maxRetries: 0, fetch: stubFetch(last + 50) });
  // Everything compiled and every queue made before the first look.
  for await (const chunk of await client.chat.completions.create(chatStream(task.isAsked))) void chunk;
  await setup.flush();
  const before = await bytesInUse();
  const streams = await Promise.all(
    Array.from({ length: task.streams }, async () => {
      const stream = await client.chat.completions.create(chatStream(task.isAsked));
      return stream[Symbol.asyncIterator]();
    }),
  );
  const bytesPerStream: number[] = [];
  let read = 0;
  for (const event of task.events) {
    for (; read < event; read += 1) for (const stream of streams) await stream.next();
    bytesPerStream.push(((await bytesInUse()) - before) / task.streams);
  }
  for (const stream of streams) await stream.return?.();
  await setup.flush();
  await setup.taken();
  return { bytesPerStream };
}

/** After everything has happened that can, and what nobody holds is gone. */
async function bytesInUse(): Promise<number> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc?.();
  globalThis.gc?.();
  return usedBytes();
}
