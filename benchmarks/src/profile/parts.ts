import { median } from '../runner/median.ts';
import type { Row } from '../runner/results.ts';
import type { Sampled } from './cpu-profile.ts';

/** What something cost, in microseconds. */
export interface ProfiledCost {
  /** Of all threads: those of the collector of garbage and of the compiler count. */
  readonly cpu: number;
  readonly mainThreadCpu: number;
  /** Of streams, or calls: what the cost is told by. */
  readonly events: number;
  /** Where the time went, where that was looked at. */
  readonly profile?: { readonly sampled: readonly Sampled[] };
}

/** What was measured of one contestant: its costs in plain rounds, and in profiled ones. */
export interface Measured {
  readonly name: string;
  readonly plain: readonly ProfiledCost[];
  readonly profiled: readonly ProfiledCost[];
}

/** Files and functions of core with less than this share of everything are one row. */
const leastShare = 0.004;
const otherThreads = 'other threads: collector, compiler';

/**
 * What everybody's CPU went to, in microseconds per event, a row for each owner, and what the last has over the first.
 *
 * Shares are those of the profiled rounds, for the profiler itself costs time; what they are shares of was measured
 * without.
 */
export function partsOf(measured: readonly Measured[]): readonly Row[] {
  const columns = measured.map((each) => {
    const parts = sampledBy(each, ({ owner }) => owner);
    const all = median(each.plain.map(({ cpu, events }) => cpu / events));
    return { name: each.name, parts: gathered(parts.set(otherThreads, all - mainThreadOf(each))), all };
  });
  const owners = [...new Set(columns.flatMap(({ parts }) => [...parts.keys()]))];
  const row = (part: string, of: (column: (typeof columns)[number]) => number): Row => {
    const cells = columns.map(of);
    return {
      part,
      ...Object.fromEntries(columns.map(({ name }, at) => [name, cells[at] ?? 0])),
      '+ us': (cells.at(-1) ?? 0) - (cells[0] ?? 0),
    };
  };
  return [
    ...owners.map((owner) => row(owner, ({ parts }) => parts.get(owner) ?? 0)),
    row('all of it', ({ all }) => all),
  ];
}

/** The functions of core that most of its time is spent in. */
export function functionsOfCore(measured: Measured | undefined): readonly Row[] {
  if (measured === undefined) return [];
  const sampled = sampledBy(measured, ({ owner, name }) => `${owner} ${name}`);
  return [...gathered(sampled)].filter(([name]) => isOfCore(name)).map(([name, us]) => ({ name, us }));
}

/** Time of the main thread per event, by a name. */
function sampledBy(
  measured: Measured,
  nameOf: (sampled: { readonly owner: string; readonly name: string }) => string,
): Map<string, number> {
  const sums = new Map<string, number>();
  let total = 0;
  for (const each of measured.profiled.flatMap(({ profile }) => profile?.sampled ?? [])) {
    total += each.microseconds;
    sums.set(nameOf(each), (sums.get(nameOf(each)) ?? 0) + each.microseconds);
  }
  const scale = mainThreadOf(measured) / total;
  return new Map([...sums].map(([name, sum]) => [name, sum * scale]));
}

function mainThreadOf({ plain }: Measured): number {
  return median(plain.map(({ mainThreadCpu, events }) => mainThreadCpu / events));
}

function isOfCore(name: string): boolean {
  return name.startsWith('core: ');
}

/** From the most to the least; what is little of core is one row, the last. */
function gathered(parts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const least = [...parts.values()].reduce((sum, time) => sum + time, 0) * leastShare;
  const sorted = [...parts].toSorted(([, one], [, other]) => other - one);
  const [little, shown] = [true, false].map((isLittle) =>
    sorted.filter(([name, time]) => (isOfCore(name) && time < least) === isLittle),
  );
  const rest = (little ?? []).reduce((sum, [, time]) => sum + time, 0);
  return new Map([...(shown ?? []), ...(rest > 0 ? [['core: all the rest', rest] as const] : [])]);
}
