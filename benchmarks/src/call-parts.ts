// Where does the CPU go that metering adds to a call, and to a stream of a few events, without a network? By whose code
// runs, in microseconds per call. Everybody runs in a warm process of their own, of which there are several one after the
// other, for V8 does not optimize twice alike; batches come in shuffled order.
// Run from the root: npm run bench -- --only call-parts
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { commandLine, wholeNumber } from '../../scripts/command-line.ts';
import type { Batch, BatchCost } from './hot-path/contestant.ts';
import { functionsOfCore, partsOf } from './profile/parts.ts';
import { reportTable } from './runner/results.ts';

const generations = commandLine(
  'Usage: npm run bench -- --only call-parts [-- --generations 3]',
  { options: { generations: { type: 'string', default: '3' } } },
  ({ values }) => wholeNumber('--generations', values.generations),
);
const rounds = { warmUp: 6, plain: 5, profiled: 2 };
const ways = { bare: 'bare', 'A/A control': 'bare', floor: 'floor', kilotoken: 'metered' };
const kinds: readonly { readonly title: string; readonly batch: Batch }[] = [
  { title: 'a call that is not streamed', batch: { kind: 'call', count: 2000, events: 0, isAsked: false } },
  {
    title: 'a stream of 20 events, asked and hidden',
    batch: { kind: 'stream', count: 200, events: 20, isAsked: false },
  },
];
const plain = new Map<string, BatchCost[]>();
const profiled = new Map<string, BatchCost[]>();

for (let generation = 0; generation < generations; generation += 1) {
  const children = Object.entries(ways).map(([name, way]) => ({
    name,
    child: fork(join(import.meta.dirname, 'hot-path/contestant.ts'), [way], {
      execArgv: ['--conditions=@kilotoken/source'],
    }),
  }));
  for (let round = -rounds.warmUp; round < rounds.plain + rounds.profiled; round += 1) {
    const isProfiled = round >= rounds.plain;
    const results = isProfiled ? profiled : plain;
    for (const { title, batch } of kinds) {
      for (const { name, child } of children.toSorted(() => Math.random() - 0.5)) {
        const cost = await ask(child, { ...batch, isProfiled });
        const key = `${title} ${name}`;
        if (round >= 0) results.set(key, [...(results.get(key) ?? []), cost]);
      }
    }
  }
  for (const { child } of children) child.disconnect();
}

for (const { title } of kinds) {
  const measured = Object.keys(ways).map((name) => ({
    name,
    plain: plain.get(`${title} ${name}`) ?? [],
    profiled: profiled.get(`${title} ${name}`) ?? [],
  }));
  reportTable(`Where it goes, us per call: ${title}`, partsOf(measured));
  reportTable(`Of core, by function, us per call: ${title}`, functionsOfCore(measured.at(-1)));
}

function ask(child: ChildProcess, batch: Batch): Promise<BatchCost> {
  return new Promise((resolve, reject) => {
    child.removeAllListeners();
    child.once('message', (cost) => resolve(cost as BatchCost));
    child.once('exit', (code) => reject(new Error(`A contestant ended with ${code}`)));
    child.send(batch);
  });
}
