import type { Setup } from '../setup.ts';
import type { CrowdCost, Task } from '../task.ts';
import { chatStream } from './requests.ts';
import { usedBytes } from './used-bytes.ts';

/** Many streams at once, over sockets, from a provider in another process. */
export async function runCrowd(setup: Setup, task: Extract<Task, { kind: 'crowd' }>): Promise<CrowdCost> {
  const client = setup.client({ apiKey: 'test', maxRetries: 0, baseURL: task.baseURL });
  await setup.taken();
  globalThis.gc?.();
  const usedBefore = usedBytes();
  let peak = usedBefore;
  const sampling = setInterval(() => {
    peak = Math.max(peak, usedBytes());
  }, 5);
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  await Promise.all(
    Array.from({ length: task.streams }, async () => {
      const stream = await client.chat.completions.create(chatStream(task.isAsked));
      for await (const chunk of stream) void chunk;
    }),
  );
  const wall = performance.now() - began;
  const cpu = process.cpuUsage(cpuBefore);
  clearInterval(sampling);
  await setup.flush();
  return {
    cpu: cpu.user + cpu.system,
    wall: wall * 1000,
    peakBytes: peak - usedBefore,
    records: (await setup.taken()).length,
  };
}
