import { readDecimal, readList, readNumber, readShape, readText } from './read-shape.ts';
import type { Read } from './read-shape.ts';
import type { UsageAddition, UsageFrame } from './usage-frame.ts';
import type { UsageCost, UsageCounts, UsagePeriod, UsageQuota, UsageShare, UsageSnapshot } from './usage-snapshot.ts';

const time: Read<string> = (value) => (typeof value === 'string' && Date.parse(value) ? value : undefined);
const name = readText<string>(/./);
const cost = readShape<UsageCost>(
  { amount: readDecimal, currency: readText(/^[A-Z]{3}$/), complete: (value) => value !== false },
  'amount',
  'currency',
);
const counts = readShape<UsageCounts>({
  input: readNumber,
  cached: readNumber,
  cacheWrite: readNumber,
  output: readNumber,
  reasoning: readNumber,
});
const share = { total: readNumber, cost };
const quotaShape = readShape<UsageQuota>(
  {
    unit: readText(/^(tokens|cost)$/),
    used: readNumber,
    limit: readNumber,
    reserved: readNumber,
    currency: readText(/^[A-Z]{3}$/),
  },
  'unit',
  'used',
  'limit',
);
const quota: Read<UsageQuota> = (value, onFault) => {
  const read = quotaShape(value, onFault);
  return read?.unit === 'cost' && read.currency === undefined ? undefined : read;
};

/** Reads a snapshot; without a sensible `rev` and `total` there is none. */
export const readUsageSnapshot = readShape<UsageSnapshot>(
  {
    v: (value) => (value === 1 ? value : undefined),
    rev: readNumber,
    asOf: time,
    period: readShape<UsagePeriod>({
      kind: readText(/^(day|month|custom)$/),
      start: time,
      resetsAt: time,
      timeZone: name,
    }),
    total: readNumber,
    counts,
    estimated: readNumber,
    cost,
    quota,
    last: readShape<UsageShare>(share, 'total'),
    models: readList(readShape({ model: name, ...share }, 'model', 'total')),
    days: readList(readShape({ day: readText(/^\d{4}-\d\d-\d\d$/), total: readNumber }, 'day', 'total')),
  },
  'v',
  'rev',
  'total',
  'counts',
);

const add: Read<UsageAddition> = (value, onFault) => {
  const read = readShape<UsageAddition>({ ...share, counts })(value, onFault);
  // Where the total is unknown, the parts are what is known of it.
  return read && { ...read, total: read.total ?? (read.counts?.input ?? 0) + (read.counts?.output ?? 0) };
};
const frame = readShape<UsageFrame>({ id: name, rev: readNumber, add, total: readNumber, quota }, 'id', 'add');

/** Reads a frame: the usage chunk with our `kilotoken` part, or that part alone. */
export const readUsageFrame: Read<UsageFrame> = (value, onFault) =>
  frame((value as { readonly kilotoken?: unknown } | null)?.kilotoken ?? value, onFault);
