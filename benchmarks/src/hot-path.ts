// What does the meter cost a call, over the bare client? One warm process per contestant, batches in shuffled order, and
// the median over rounds of the difference to the bare client of the same round. The A/A row is a second bare client:
// whatever lies within it is noise. The floor is the least that a meter on `fetch` can do: see hot-path/floor.ts.
// Run from the root: npm run bench -- --only hot-path
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { commandLine, wholeNumber } from '../../scripts/command-line.ts';
import type { Batch, BatchCost } from './hot-path/contestant.ts';
import { handOver } from './runner/results.ts';

const { rounds, isJson } = commandLine(
  `Usage: npm run bench -- --only hot-path [-- --rounds 25 --json]
  --json   the rows as JSON, too`,
  { options: { rounds: { type: 'string', default: '25' }, json: { type: 'boolean', default: false } } },
  ({ values }) => ({ rounds: wholeNumber('--rounds', values.rounds), isJson: values.json }),
);
const script = join(import.meta.dirname, 'hot-path/contestant.ts');

const contestants = ['bare', 'bare again', 'floor', 'metered'] as const;
const shownAs = { bare: 'bare', 'bare again': 'A/A control', floor: 'floor', metered: 'kilotoken' };
const processes = new Map(
  contestants.map((name) => [
    name,
    fork(script, [name === 'bare again' ? 'bare' : name], { execArgv: ['--conditions=@kilotoken/source'] }),
  ]),
);

const questions: readonly { readonly name: string; readonly batch: Batch; readonly perUnit: number }[] = [
  { name: 'observe, per event', batch: { kind: 'stream', count: 8, events: 1000, isAsked: true }, perUnit: 8 * 1000 },
  {
    name: 'ask and hide, per event',
    batch: { kind: 'stream', count: 8, events: 1000, isAsked: false },
    perUnit: 8 * 1000,
  },
  {
    name: 'ask and hide, 16,000 events',
    batch: { kind: 'stream', count: 1, events: 16_000, isAsked: false },
    perUnit: 16_000,
  },
  {
    name: 'short stream of 20 events, whole',
    batch: { kind: 'stream', count: 50, events: 20, isAsked: false },
    perUnit: 50,
  },
  { name: 'short call', batch: { kind: 'call', count: 1000, events: 0, isAsked: false }, perUnit: 1000 },
];

const costs = new Map<string, BatchCost[]>();
for (let round = -5; round < rounds; round += 1) {
  for (const { name, batch } of questions) {
    for (const contestant of shuffled(contestants)) {
      const cost = await ask(contestant, batch);
      if (round >= 0) costs.set(`${name} ${contestant}`, [...(costs.get(`${name} ${contestant}`) ?? []), cost]);
    }
  }
}
for (const child of processes.values()) child.disconnect();

const rows = questions.flatMap(({ name, perUnit }) =>
  contestants.slice(1).map((contestant) => {
    const bare = costs.get(`${name} bare`) ?? [];
    const theirs = costs.get(`${name} ${contestant}`) ?? [];
    const over = (of: (cost: BatchCost, bare: BatchCost) => number): number =>
      median(theirs.map((cost, round) => of(cost, bare[round] as BatchCost)));
    return {
      question: name,
      contestant: shownAs[contestant],
      'cpu ratio': over((cost, base) => cost.cpu / base.cpu).toFixed(3),
      '+ us cpu': over((cost, base) => (cost.cpu - base.cpu) / perUnit).toFixed(2),
      '+ us first event': over((cost, base) => cost.firstEvent - base.firstEvent).toFixed(1),
      records: theirs.at(-1)?.records ?? 0,
    };
  }),
);
handOver('Hot path, this project alone', rows);
if (isJson) console.log(JSON.stringify(rows));
else console.table(rows);

function ask(contestant: (typeof contestants)[number], batch: Batch): Promise<BatchCost> {
  const child = processes.get(contestant);
  return new Promise((resolve, reject) => {
    child?.removeAllListeners();
    child?.once('message', (cost) => resolve(cost as BatchCost));
    child?.once('exit', (code) => reject(new Error(`${contestant} ended with ${code}`)));
    child?.send(batch);
  });
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
