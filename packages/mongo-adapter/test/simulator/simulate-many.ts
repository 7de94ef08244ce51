import { simulate } from './simulate.ts';
import type { SimulationOptions } from './simulate.ts';

/** Sums over many runs. */
export interface SimulationSums {
  readonly overCounts: number;
  readonly underCounts: number;
  readonly wrongMessages: number;
  readonly lostAcknowledged: number;
  readonly acknowledged: number;
  readonly crashes: number;
  /** The first seeds that found something, to run alone. */
  readonly failedSeeds: readonly number[];
  readonly problems: readonly string[];
}

/** Runs so many seeds, one after the other. */
export async function simulateMany(
  options: SimulationOptions & {
    readonly seeds: number;
    readonly firstSeed?: number;
    readonly onProgress?: (done: number) => void;
  },
): Promise<SimulationSums> {
  const { seeds, firstSeed = 1, onProgress } = options;
  const sums = { overCounts: 0, underCounts: 0, wrongMessages: 0, lostAcknowledged: 0, acknowledged: 0, crashes: 0 };
  const failedSeeds: number[] = [];
  const problems: string[] = [];
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    // oxlint-disable-next-line no-await-in-loop -- runs are deterministic one by one
    const result = await simulate(seed, options);
    for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += result[key];
    const { overCounts, underCounts, wrongMessages, lostAcknowledged } = result;
    const isFailed = overCounts + underCounts + wrongMessages + lostAcknowledged + result.problems.length > 0;
    if (isFailed && failedSeeds.length < 20) failedSeeds.push(seed);
    problems.push(...result.problems.map((problem) => `seed ${seed}: ${problem}`));
    onProgress?.(seed - firstSeed + 1);
  }
  return { ...sums, failedSeeds, problems };
}
