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
  let events = 0;
  let heldBytes = 0;
  let lookCpu = 0;
  let lookWall = 0;
  // Peaks say when the collector came; what is held in the middle, after a collection, says what the streams hold.
  const look = (): void => {
    const [began, cpuBefore] = [performance.now(), process.cpuUsage()];
    globalThis.gc?.();
    heldBytes = usedBytes() - usedBefore;
    lookCpu = cpuSince(cpuBefore);
    lookWall = performance.now() - began;
  };
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  await Promise.all(
    Array.from({ length: task.streams }, async () => {
      const stream = await client.chat.completions.create(chatStream(task.isAsked));
      for await (const chunk of stream) {
        void chunk;
        events += 1;
        if (events === (task.streams * task.events) / 2) look();
      }
    }),
  );
  const cpu = cpuSince(cpuBefore) - lookCpu;
  const wall = performance.now() - began - lookWall;
  await setup.flush();
  return { cpu, wall: wall * 1000, heldBytes, records: (await setup.taken()).length };
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
