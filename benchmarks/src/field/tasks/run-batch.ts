import { stubFetch } from '../../hot-path/wire.ts';
import { median } from '../../runner/median.ts';
import type { Setup } from '../setup.ts';
import type { BatchCost, Task } from '../task.ts';
import { chat, chatStream } from './requests.ts';

/** Streams or plain calls, one after the other, without a network. */
export async function runBatch(setup: Setup, task: Extract<Task, { kind: 'streams' | 'calls' }>): Promise<BatchCost> {
  const events = task.kind === 'streams' ? task.events : 0;
  const client = setup.client({ apiKey: 'test', maxRetries: 0, fetch: stubFetch(events) });
  const firstEvents: number[] = [];
  await setup.taken();
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  for (let at = 0; at < task.count; at += 1) {
    if (task.kind === 'calls') {
      await client.chat.completions.create(chat);
      continue;
    }
    const called = performance.now();
    let isFirst = true;
    const stream = await client.chat.completions.create(chatStream(task.isAsked));
    for await (const chunk of stream) {
      if (isFirst && chunk !== undefined) firstEvents.push(performance.now() - called);
      isFirst = false;
    }
  }
  const wall = performance.now() - began;
  const cpu = process.cpuUsage(cpuBefore);
  await setup.flush();
  const delivered = process.cpuUsage(cpuBefore);
  return {
    cpu: cpu.user + cpu.system,
    cpuDelivered: delivered.user + delivered.system,
    wall: wall * 1000,
    firstEvent: median(firstEvents) * 1000,
    records: (await setup.taken()).length,
  };
}
