// Runs the simulator for any number of seeds: npm run test:faults -- --seeds 100000 [--first 1]
// [--batches at-once | step-by-step | mixed] [--bad bare-increment]
import { parseArgs } from 'node:util';
import { simulateMany } from '../test/simulator/simulate-many.ts';
import type { SimulationOptions } from '../test/simulator/simulate.ts';
import type { KnownBad } from '../test/simulator/simulated-server.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    first: { type: 'string', default: '1' },
    bad: { type: 'string' },
    batches: { type: 'string', default: 'mixed' },
  },
});
const seeds = Number(values.seeds);
const began = performance.now();
const sums = await simulateMany({
  seeds,
  firstSeed: Number(values.first),
  bad: values.bad as KnownBad | undefined,
  batches: values.batches as SimulationOptions['batches'],
  onProgress(done) {
    if (done % 5000 === 0) console.log(`${done} of ${seeds} schedules`);
  },
});
console.log(`schedules ${seeds}, ${((performance.now() - began) / seeds).toFixed(1)} ms each`);
console.log(`records acknowledged ${sums.acknowledged}, processes crashed ${sums.crashes}`);
console.log(`over-counts ${sums.overCounts}, under-counts ${sums.underCounts}`);
console.log(`wrong messages ${sums.wrongMessages}, acknowledged and lost ${sums.lostAcknowledged}`);
if (sums.failedSeeds.length > 0) console.log(`seeds to look at: ${sums.failedSeeds.join(', ')}`);
for (const problem of sums.problems.slice(0, 20)) console.log(problem);
process.exitCode = sums.failedSeeds.length > 0 ? 1 : 0;
