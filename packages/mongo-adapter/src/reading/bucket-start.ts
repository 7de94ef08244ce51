import type { TimeBuckets } from '@kilotoken/core/store-kit';

/** Older buckets than these are not told to the server: the question grows with them, and few charts go back that far. */
const maxBuckets = 800;

/**
 * An expression for the start of the bucket that the slot `q` lies in, so that the server sums up buckets and sends these,
 * not slots. Time zones are ours to know: the server is told the borders, and finds the right one by halves. A slot that is
 * older than all of them stands for itself, and is put into its bucket here.
 *
 * @param starts - Of the buckets that have slots, and of any others, the newest first.
 */
export function bucketStart(starts: Iterable<number>): unknown {
  const known: number[] = [];
  for (const start of starts) {
    known.push(start);
    if (known.length === maxBuckets) break;
  }
  known.reverse();
  return { $cond: [{ $lt: ['$q', new Date(known[0] ?? 0)] }, '$q', startAmong(known)] };
}

/** Starts of all buckets of a span of slots, the newest first. */
export function* startsWithin(buckets: TimeBuckets, span: { first: number; last: number }): Generator<number> {
  for (let at = span.last; at >= span.first;) {
    const { start } = buckets.spanOf(at);
    yield start;
    at = start - 1;
  }
}

/** Starts of the buckets that hold these slots, the newest first. */
export function* startsOf(buckets: TimeBuckets, sorted: readonly number[]): Generator<number> {
  let before = Infinity;
  for (const at of sorted.toReversed()) {
    if (at >= before) continue;
    before = buckets.spanOf(at).start;
    yield before;
  }
}

function startAmong(starts: readonly number[]): unknown {
  if (starts.length < 2) return new Date(starts[0] ?? 0);
  const middle = Math.ceil(starts.length / 2);
  const border = new Date(starts[middle] ?? 0);
  return {
    $cond: [{ $lt: ['$q', border] }, startAmong(starts.slice(0, middle)), startAmong(starts.slice(middle))],
  };
}
