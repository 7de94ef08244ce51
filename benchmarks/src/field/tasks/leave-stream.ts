import { stubFetch } from '../../hot-path/wire.ts';
import type { Setup } from '../setup.ts';
import type { LeftStream, Task } from '../task.ts';
import { chatStream } from './requests.ts';

const events = 1000;
/** Long enough for whoever reads on alone, and for the grace in which a meter waits for the rest. */
const pauseMs = 100;
const settleMs = 1000;

/** A stream that the app stops reading for a while, and then leaves. */
export async function leaveStream(setup: Setup, task: Extract<Task, { kind: 'leave' }>): Promise<LeftStream> {
  let reads = 0;
  let isReleased = false;
  const counted: typeof fetch = async (input, init) => {
    const { body, headers } = await stubFetch(events)(input, init);
    const source = body?.getReader();
    const watched = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          reads += 1;
          const part = await source?.read();
          if (part?.value === undefined) controller.close();
          else controller.enqueue(part.value);
        },
        cancel() {
          isReleased = true;
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(watched, { headers });
  };
  const client = setup.client({ apiKey: 'test', maxRetries: 0, fetch: counted });
  await setup.taken();
  const stream = await client.chat.completions.create(chatStream(task.isAsked));
  let seen = 0;
  let readsAtPause = 0;
  for await (const chunk of stream) {
    void chunk;
    seen += 1;
    if (seen < task.after) continue;
    await pause(pauseMs);
    readsAtPause = reads;
    break;
  }
  await pause(settleMs);
  await setup.flush();
  return { readsAtPause, reads, isReleased, records: (await setup.taken()).length };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
