// Runs the simulator for any number of seeds: npm run test:faults -- --seeds 100000
import { commandLine, oneOf, wholeNumber } from '../../../scripts/command-line.ts';
import { simulateMany } from '../test/simulator/simulate-many.ts';
import { knownBad } from '../test/simulator/simulated-server.ts';

const batchKinds = ['at-once', 'step-by-step', 'mixed'] as const;
const { seeds, firstSeed, bad, batches } = commandLine(
  `Usage: npm run test:faults -- [--seeds 10000] [--first 1] [--batches KIND] [--bad WAY]
  --seeds     schedules to run
  --first     the seed of the first one
  --batches   ${batchKinds.join(', ')} (default: mixed)
  --bad       a way to get it wrong, which must be noticed: ${knownBad.join(', ')}`,
  {
    options: {
      seeds: { type: 'string', default: '10000' },
      first: { type: 'string', default: '1' },
      bad: { type: 'string' },
      batches: { type: 'string', default: 'mixed' },
    },
  },
  ({ values }) => ({
    seeds: wholeNumber('--seeds', values.seeds),
    firstSeed: wholeNumber('--first', values.first, 0),
    bad: values.bad === undefined ? undefined : oneOf('--bad', values.bad, knownBad),
    batches: oneOf('--batches', values.batches, batchKinds),
  }),
);
const began = performance.now();
const sums = await simulateMany({
  seeds,
  firstSeed,
  bad,
  batches,
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
