// What does the meter cost a call, over the bare client, and what do others cost that record the same calls? Everybody
// runs in a warm process of their own and records for real, to a sink on loopback or an exporter that counts. Batches
// come in shuffled order; every figure is the median over rounds of the comparison with the bare client of the same
// round. The A/A control is a second bare client: whatever lies within it is noise.
// Run from the root: npm run bench -- --only field
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { commandLine, wholeNumber } from '../../scripts/command-line.ts';
import { notInstalled, startLineup } from './field/lineup.ts';
import type { Lane } from './field/lineup.ts';
import { startSink } from './field/sink.ts';
import type { ResultOf, Task } from './field/task.ts';
import { median, quantile } from './runner/median.ts';
import { reportTable } from './runner/results.ts';
import type { Row } from './runner/results.ts';

const { rounds, slowRounds, only } = commandLine(
  `Usage: npm run bench -- --only field [-- --rounds 15 --slow-rounds 4 --only NAME]
  --slow-rounds   rounds of 200 streams at once, and of memory
  --only          a peer that takes part, any number of times (default: all that are installed)`,
  {
    options: {
      rounds: { type: 'string', default: '15' },
      'slow-rounds': { type: 'string', default: '4' },
      only: { type: 'string', multiple: true },
    },
  },
  ({ values }) => ({
    rounds: wholeNumber('--rounds', values.rounds),
    slowRounds: wholeNumber('--slow-rounds', values['slow-rounds']),
    only: values.only,
  }),
);
const lengths = [1000, 4000, 16_000] as const;
const crowdEvents = 200;
const held = [200, 800] as const;
/** In which code gets compiled and caches fill. */
const warmUpRounds = 3;

const sink = await startSink();
const server = fork(join(import.meta.dirname, 'field/wire-server.ts'), [String(crowdEvents)], {
  execArgv: ['--conditions=@kilotoken/source'],
});
const baseURL = await new Promise<string>((resolve) => {
  server.once('message', (url) => resolve(url as string));
});
const { lanes, missing, stop } = await startLineup(sink, only);
const compared = lanes.filter((lane): lane is Lane & { bare: string } => lane.bare !== undefined);

console.log(`${lanes.length} lanes, ${rounds} and ${slowRounds} rounds, Node ${process.version}`);

const streamed = new Map<number, Answers<'streams'>>();
for (const events of lengths) {
  streamed.set(
    events,
    await inRounds(`streams of ${events} events`, rounds, ({ isAsked }) => ({
      kind: 'streams',
      count: Math.max(1, Math.floor(8000 / events)),
      events,
      isAsked,
    })),
  );
}
const called = await inRounds('short calls', rounds, () => ({ kind: 'calls', count: 200 }));
const crowds = await inRounds('200 streams at once', slowRounds, ({ isAsked }) => ({
  kind: 'crowd',
  streams: 200,
  events: crowdEvents,
  isAsked,
  baseURL,
}));
const holds = await inRounds('open streams', slowRounds, ({ isAsked }) => ({
  kind: 'hold',
  streams: 32,
  events: held,
  isAsked,
}));
const left = new Map(
  await Promise.all(
    lanes.map(async ({ name, contestant, isAsked }) => {
      return [name, await contestant.ask({ kind: 'leave', after: 10, isAsked })] as const;
    }),
  ),
);
stop();
sink.close();
server.kill();

const perLane = (row: (lane: Lane & { bare: string }) => Row): Row[] => [
  ...compared.map((lane) => ({ contestant: lane.name, openai: lane.sdk, ...row(lane) })),
  ...missing.map((name) => ({ contestant: name, openai: notInstalled })),
];

reportTable(
  'Hot path: over the bare client',
  perLane((lane) => {
    const streams = pairs(streamed.get(1000), lane);
    const units = 8 * 1000;
    const ratios = streams.map(([cost, bare]) => cost.cpu / bare.cpu);
    const calls = pairs(called, lane);
    return {
      'bare us per event': middle(streams, (_cost, bare) => bare.cpu / units),
      'bare us short call': middle(calls, (_cost, bare) => bare.cpu / 200),
      'cpu ratio': median(ratios),
      'cpu ratio, lower quartile': quantile(ratios, 0.25),
      'cpu ratio, upper quartile': quantile(ratios, 0.75),
      '+ us per event': middle(streams, (cost, bare) => (cost.cpu - bare.cpu) / units),
      '+ us per event, delivered': middle(streams, (cost, bare) => (cost.cpuDelivered - bare.cpuDelivered) / units),
      '+ us first event': middle(streams, (cost, bare) => cost.firstEvent - bare.firstEvent),
      'short call ratio': middle(calls, (cost, bare) => cost.cpu / bare.cpu),
      '+ us short call': middle(calls, (cost, bare) => (cost.cpu - bare.cpu) / 200),
      '+ us short call, delivered': middle(calls, (cost, bare) => (cost.cpuDelivered - bare.cpuDelivered) / 200),
      'records per stream': (streams.at(-1)?.[0].records ?? 0) / 8,
      'records per call': (calls.at(-1)?.[0].records ?? 0) / 200,
    };
  }),
);
reportTable(
  'Length of a stream: + us CPU per event',
  perLane((lane) =>
    Object.fromEntries(
      lengths.map((events) => {
        const units = Math.max(1, Math.floor(8000 / events)) * events;
        return [
          `${events} events`,
          middle(pairs(streamed.get(events), lane), (cost, bare) => (cost.cpu - bare.cpu) / units),
        ];
      }),
    ),
  ),
);
reportTable(
  '200 streams at once, and memory',
  perLane((lane) => {
    const crowd = pairs(crowds, lane);
    const hold = pairs(holds, lane);
    const [early, late] = held;
    return {
      'wall ratio': middle(crowd, (cost, bare) => cost.wall / bare.wall),
      'cpu ratio': middle(crowd, (cost, bare) => cost.cpu / bare.cpu),
      '+ MiB half way': middle(crowd, (cost, bare) => cost.heldBytes - bare.heldBytes) / 2 ** 20,
      'KiB per open stream': middle(hold, heldOver(1)) / 1024,
      'bytes per event': middle(
        hold,
        (mine, bare) => (heldOver(1)(mine, bare) - heldOver(0)(mine, bare)) / (late - early),
      ),
    };
  }),
);
reportTable(
  'The app pauses after 10 events, then breaks off',
  lanes.map((lane) => {
    const stream = left.get(lane.name);
    return {
      contestant: lane.name,
      'reads at the pause': stream?.readsAtPause ?? 0,
      'reads in all': stream?.reads ?? 0,
      'source released': stream?.isReleased ?? false,
      records: stream?.records ?? 0,
    };
  }),
);

type Answers<Kind extends Task['kind']> = ReadonlyMap<string, readonly ResultOf<Kind>[]>;

/** Asks all lanes in shuffled order, again and again; the first rounds warm up and are not kept. */
async function inRounds<Given extends Task>(
  name: string,
  count: number,
  taskOf: (lane: Lane) => Given,
): Promise<Answers<Given['kind']>> {
  const began = performance.now();
  const warmUps = Math.min(warmUpRounds, Math.ceil(count / 4));
  const answers = new Map<string, ResultOf<Given['kind']>[]>();
  for (let round = -warmUps; round < count; round += 1) {
    for (const lane of shuffled(lanes)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, or they would disturb each other
      const answer = await lane.contestant.ask(taskOf(lane));
      if (round >= 0) answers.set(lane.name, [...(answers.get(lane.name) ?? []), answer]);
    }
  }
  console.log(`${name}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
  return answers;
}

/** What a lane and its bare client needed in the same round. */
function pairs<Kind extends Task['kind']>(
  answers: Answers<Kind> | undefined,
  lane: Lane & { bare: string },
): readonly (readonly [ResultOf<Kind>, ResultOf<Kind>])[] {
  const bare = answers?.get(lane.bare) ?? [];
  return (answers?.get(lane.name) ?? []).flatMap((mine, round) => {
    const base = bare[round];
    return base === undefined ? [] : [[mine, base] as const];
  });
}

/** Bytes per open stream, at one of the points where memory was looked at. */
function heldOver(at: number) {
  return (mine: ResultOf<'hold'>, bare: ResultOf<'hold'>): number =>
    (mine.bytesPerStream[at] ?? 0) - (bare.bytesPerStream[at] ?? 0);
}

function middle<Result>(of: readonly (readonly [Result, Result])[], compare: (mine: Result, bare: Result) => number) {
  return median(of.map(([mine, bare]) => compare(mine, bare)));
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
