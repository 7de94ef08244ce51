import type { UsageStore } from '@kilotoken/core';

const unused = (): never => {
  throw new Error('not used here');
};

/**
 * A store that keeps nothing, for what it kept would be part of what is measured.
 *
 * @param taken - Told how many records came.
 */
export function sinkStore(taken: (count: number) => void = () => {}): UsageStore {
  return {
    capabilities: { durable: false, shared: false },
    append: (records) => {
      taken(records.length);
      return Promise.resolve({ inserted: records.length, duplicates: 0 });
    },
    totals: unused,
    series: unused,
    records: unused,
    close: () => Promise.resolve(),
  };
}
