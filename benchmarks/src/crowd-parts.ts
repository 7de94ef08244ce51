// Where does the CPU go that metering adds to 200 streams at once, over sockets? By whose code runs, in microseconds per
// event: for bursts, where one read has all events of a stream, and for streams that come event by event, as providers
// send them. Everybody runs in a warm process of their own, of which there are several one after the other, for a heap
// that has grown in another way costs another share; batches come in shuffled order; each figure is a median over rounds
// of the difference to the bare client of the same round.
// Run from the root: npm run bench -- --only crowd-parts
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { commandLine, wholeNumber } from '../../scripts/command-line.ts';
import type { Crowd, CrowdCost, Way } from './crowd/crowd-process.ts';
import { functionsOfCore, partsOf } from './profile/parts.ts';
import type { Measured } from './profile/parts.ts';
import { median } from './runner/median.ts';
import { reportTable } from './runner/results.ts';

const { generations, only } = commandLine(
  `Usage: npm run bench -- --only crowd-parts [-- --generations 3 --only NAME]
  --only   a way in which streams come, any number of times (default: all ways)`,
  { options: { generations: { type: 'string', default: '3' }, only: { type: 'string', multiple: true } } },
  ({ values }) => ({ generations: wholeNumber('--generations', values.generations), only: values.only }),
);
const streams = 200;

interface Lane {
  readonly name: string;
  readonly way: Way;
  readonly isAsked: boolean;
  /** The bare client, called in the same way; absent for those themselves. */
  readonly bare?: string;
}
const [asked, unasked] = ['bare', 'bare, usage not asked for'];
const lanes: readonly Lane[] = [
  { name: asked, way: 'bare', isAsked: true },
  { name: 'A/A control', way: 'bare', isAsked: true, bare: asked },
  { name: 'floor, app asks', way: 'floor', isAsked: true, bare: asked },
  { name: 'kilotoken, app asks', way: 'metered', isAsked: true, bare: asked },
  { name: unasked, way: 'bare', isAsked: false },
  { name: 'floor, asks and hides', way: 'floor', isAsked: false, bare: unasked },
  { name: 'kilotoken, asks and hides', way: 'metered', isAsked: false, bare: unasked },
];

/** How streams come, and how much of them is measured in each process. */
interface Kind {
  readonly name: string;
  readonly events: number;
  /** Between two events of a stream. */
  readonly pauseMs: number;
  readonly crowd: Pick<Crowd, 'streams' | 'times'>;
  readonly rounds: Readonly<Record<'warmUp' | 'plain' | 'profiled', number>>;
}
const short: Kind = {
  name: 'bursts of 20 events',
  events: 20,
  pauseMs: 0,
  crowd: { streams, times: 3 },
  // The first, so that what runs once for each stream is compiled for all that follow.
  rounds: { warmUp: 5, plain: 3, profiled: 0 },
};
const long: Kind = {
  name: 'bursts of 200 events',
  events: 200,
  pauseMs: 0,
  crowd: { streams, times: 1 },
  rounds: { warmUp: 1, plain: 4, profiled: 1 },
};
const paced: Kind = {
  name: 'event by event',
  events: 50,
  pauseMs: 40,
  crowd: { streams, times: 1 },
  rounds: { warmUp: 0, plain: 2, profiled: 1 },
};
const kinds = [short, long, paced].filter(({ name }) => only?.includes(name) !== false);

const execArgv = ['--conditions=@kilotoken/source', '--expose-gc'];
const [plain, profiled] = [new Map<string, CrowdCost[]>(), new Map<string, CrowdCost[]>()];
for (let generation = 0; generation < generations; generation += 1) {
  const children = new Map(
    lanes.map((lane) => [
      lane.name,
      fork(join(import.meta.dirname, 'crowd/crowd-process.ts'), [lane.way], { execArgv }),
    ]),
  );
  for (const kind of kinds) await measure(kind, children);
  for (const child of children.values()) child.disconnect();
}

const added = (kind: Kind, { name, bare }: Lane, of: (cost: CrowdCost, base: CrowdCost) => number): number => {
  const base = costsOf(plain, kind, bare ?? name);
  return median(costsOf(plain, kind, name).map((cost, round) => of(cost, base[round] ?? cost)));
};

reportTable(
  `${streams} streams at once`,
  kinds.flatMap((kind) =>
    lanes.map((lane) => {
      const looked = costsOf(profiled, kind, lane.name);
      return {
        streams: kind.name,
        contestant: lane.name,
        'us per event': added(kind, lane, perEvent),
        '+ us per event': added(kind, lane, (cost, base) => perEvent(cost) - perEvent(base)),
        'cpu ratio': added(kind, lane, (cost, base) => cost.cpu / base.cpu),
        'wall ratio': added(kind, lane, (cost, base) => cost.wall / base.wall),
        'events per read': median(looked.map(({ events, profile }) => events / (profile?.reads ?? events))),
        'pauses of the collector, us per event': median(
          looked.map(({ events, profile }) => (profile?.collectorMicroseconds ?? 0) / events),
        ),
        'records per stream': median(
          costsOf(plain, kind, lane.name).map(({ records }) => records / (streams * kind.crowd.times)),
        ),
      };
    }),
  ),
);
if (kinds.includes(long) && kinds.includes(short)) {
  reportTable(
    'Of it, what each stream adds, and what each event',
    lanes
      .filter(({ bare }) => bare !== undefined)
      .map((lane) => {
        const ofStream = (kind: Kind): number =>
          added(kind, lane, (cost, base) => cost.cpu - base.cpu) / (streams * kind.crowd.times);
        const eachEvent = (ofStream(long) - ofStream(short)) / (long.events - short.events);
        return {
          contestant: lane.name,
          '+ us per stream': ofStream(short) - short.events * eachEvent,
          '+ us per event': eachEvent,
        };
      }),
  );
}
for (const kind of kinds) {
  if (kind.rounds.profiled === 0) continue;
  for (const isAsked of [true, false]) {
    const title = `${kind.name}, ${isAsked ? 'the app asks' : 'asked and hidden'}`;
    const measured: readonly Measured[] = lanes
      .filter((lane) => lane.isAsked === isAsked)
      .map(({ name }) => ({
        name: name.replace(/, .*/, ''),
        plain: costsOf(plain, kind, name),
        profiled: costsOf(profiled, kind, name),
      }));
    reportTable(`Where it goes, us per event: ${title}`, partsOf(measured));
    reportTable(`Of core, by function, us per event: ${title}`, functionsOfCore(measured.at(-1)));
  }
}

function perEvent({ cpu, events }: CrowdCost): number {
  return cpu / events;
}

function costsOf(results: ReadonlyMap<string, readonly CrowdCost[]>, kind: Kind, lane: string): readonly CrowdCost[] {
  return results.get(`${kind.name} ${lane}`) ?? [];
}

/** Asks all lanes in shuffled order, again and again; first rounds warm up, last ones are profiled. */
async function measure(kind: Kind, children: ReadonlyMap<string, ChildProcess>): Promise<void> {
  const { events, pauseMs, crowd, rounds } = kind;
  const server = fork(join(import.meta.dirname, 'field/wire-server.ts'), [String(events), String(pauseMs)], {
    execArgv,
  });
  const baseURL = await new Promise<string>((resolve) => {
    server.once('message', (url) => resolve(url as string));
  });
  for (let round = -rounds.warmUp; round < rounds.plain + rounds.profiled; round += 1) {
    const results = round < rounds.plain ? plain : profiled;
    for (const { name, isAsked } of shuffled(lanes)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, or they would disturb each other
      const cost = await ask(children.get(name), { ...crowd, isAsked, baseURL, isProfiled: round >= rounds.plain });
      if (round >= 0) results.set(`${kind.name} ${name}`, [...costsOf(results, kind, name), cost]);
    }
  }
  server.disconnect();
}

function ask(child: ChildProcess | undefined, crowd: Crowd): Promise<CrowdCost> {
  return new Promise((resolve, reject) => {
    child?.removeAllListeners();
    child?.once('message', (cost) => resolve(cost as CrowdCost));
    child?.once('exit', (code) => reject(new Error(`A contestant ended with ${code}`)));
    child?.send(crowd);
  });
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
