// One contestant in a process of its own: does what it is told, and says what that cost.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { holdStreams } from './tasks/hold-streams.ts';
import { leaveStream } from './tasks/leave-stream.ts';
import { runBatch } from './tasks/run-batch.ts';
import { runCrowd } from './tasks/run-crowd.ts';
import { runScenario } from './tasks/run-scenario.ts';
import type { Setup } from './setup.ts';
import { setUps } from './setups/all.ts';
import type { Task } from './task.ts';

const [name = '', folder = '', sinkUrl = ''] = process.argv.slice(2);
const setUp = setUps[name];
if (setUp === undefined) throw new Error(`There is no contestant "${name}"`);
const load = createRequire(join(folder, 'package.json'));
const setup = await setUp({ load: (module) => load(module) as unknown, sinkUrl });

process.on('message', (task: Task) => {
  void run(setup, task).then(
    (result) => process.send?.({ result }),
    (error: unknown) =>
      process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
// A contestant's own failure is not the end of the round; the board shows what the app saw of it.
process.on('unhandledRejection', () => {});
// Timers of its own would keep it alive when nobody asks any more.
process.once('disconnect', () => process.exit());
process.send?.({ isReady: true });

async function run(contestant: Setup, task: Task): Promise<unknown> {
  if (task.kind === 'crowd') return runCrowd(contestant, task);
  if (task.kind === 'hold') return holdStreams(contestant, task);
  if (task.kind === 'leave') return leaveStream(contestant, task);
  if (task.kind === 'scenario') return runScenario(contestant, task);
  return runBatch(contestant, task);
}
