// How much of a call that is not streamed does a scavenge of V8 copy, bare and metered, and with what V8 has learned of the
// places of literals left out? See ADR 0011. Run from the root: node --conditions=@kilotoken/source benchmarks/src/hot-path/survivors.ts
import { spawnSync } from 'node:child_process';
import OpenAI from 'openai';
import { createMeter } from '@kilotoken/core';
import { median } from '../runner/median.ts';
import { reportTable } from '../runner/results.ts';
import { sinkStore } from '../runner/sink-store.ts';
import { stubFetch } from './wire.ts';

const calls = 25_000;
const store = sinkStore();
const script = import.meta.filename;
const [, , contestant] = process.argv;

if (contestant === undefined) {
  const rows = [[], ['--no-allocation-site-pretenuring']].flatMap((flags) =>
    ['bare', 'metered'].map((name) => ({
      contestant: name,
      flag: flags.join(' '),
      'kB per scavenge': survivors(name, flags),
    })),
  );
  reportTable('Survivors of short calls', rows);
} else await run(contestant === 'metered');

/** The median over the last third of the scavenges, when all is optimized. */
function survivors(name: string, flags: readonly string[]): number {
  const parts = ['--conditions=@kilotoken/source', '--trace-gc-nvp', ...flags, script, name];
  const { stdout } = spawnSync(process.execPath, parts, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  const copied = [...stdout.matchAll(/gc=s .*new_space_survived=(\d+)/g)].map(([, bytes]) => Number(bytes) / 1000);
  return Math.round(median(copied.slice(-Math.ceil(copied.length / 3))));
}

async function run(isMetered: boolean): Promise<void> {
  const meter = createMeter({ store });
  const bare = new OpenAI({ apiKey: 'test', maxRetries: 0, fetch: stubFetch(0) });
  const client = isMetered ? meter.wrap(bare) : bare;
  const messages = [{ role: 'user' as const, content: 'Name three rivers' }];
  for (let at = 0; at < calls; at += 1) {
    await client.chat.completions.create({ model: 'gpt-5-mini', messages });
    if (at % 10 !== 9) continue;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  await meter.close();
}
