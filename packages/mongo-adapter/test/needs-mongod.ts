import { beforeAll, beforeEach } from 'vitest';
import { mongodBinary } from '../src/testing/index.ts';

/**
 * Skips the tests of a file, loudly, where there is no mongod and none can be had. In CI that is a failure.
 *
 * @returns tells, from the first hook on, whether there is one.
 */
export function needsMongod(): () => boolean {
  let problem: string | undefined;
  beforeAll(async () => {
    try {
      await mongodBinary();
    } catch (error) {
      if (process.env['CI'] !== undefined) throw error;
      problem = error instanceof Error ? error.message : String(error);
      console.warn(`SKIPPED, this file needs a real MongoDB. ${problem}`);
    }
  }, 180_000);
  beforeEach(({ skip }) => {
    if (problem !== undefined) skip(problem);
  });
  return () => problem === undefined;
}
