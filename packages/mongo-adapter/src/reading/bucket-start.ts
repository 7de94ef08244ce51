import type { TimeBuckets } from '@kilotoken/core/store-kit';

/** Older buckets than these are not told to the server: the question grows with them, and few charts go back that far. */
const maxBuckets = 2000;

/**
 * An expression for the start of the bucket that the slot `q` lies in, so that the server sums up buckets and sends these,
 * not slots. Time zones are ours to know: the server is told the borders, and finds the right one by halves. A slot that is
 * older than all of them stands for itself, and is put into its bucket here.
 *
 * @param first - Where the first slot begins, in epoch milliseconds.
 * @param last - Where the last one does.
 */
export function bucketStart(buckets: TimeBuckets, first: number, last: number): unknown {
  const starts: number[] = [];
  for (let at = last; at >= first && starts.length < maxBuckets; at = (starts[0] ?? 0) - 1) {
    starts.unshift(buckets.spanOf(at).start);
  }
  const [oldest] = starts;
  if (oldest === undefined || oldest <= first) return startAmong(starts);
  return { $cond: [{ $lt: ['$q', new Date(oldest)] }, '$q', startAmong(starts)] };
}

function startAmong(starts: readonly number[]): unknown {
  if (starts.length < 2) return new Date(starts[0] ?? 0);
  const middle = Math.ceil(starts.length / 2);
  const border = new Date(starts[middle] ?? 0);
  return {
    $cond: [{ $lt: ['$q', border] }, startAmong(starts.slice(0, middle)), startAmong(starts.slice(middle))],
  };
}
