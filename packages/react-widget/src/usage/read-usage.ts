import type { UsageFrame } from './usage-frame.ts';
import type { UsageSnapshot } from './usage-snapshot.ts';

/** Reads a value from outside; `undefined` where it is not what is wanted. */
export type Read<Value = unknown> = (value: unknown, onFault: (field: string) => void) => Value | undefined;

const name = text(/./);
const time: Read<string> = (value) => (Date.parse(name(value) ?? '') >= 0 ? (value as string) : undefined);
const decimal = text(/^\d{1,30}(\.\d{1,30})?(e-\d+)?$/);
/** A count or amount of 0 or more, as text; servers send what outgrows a double as a decimal string. */
const amount = (value: unknown): string | undefined => decimal(typeof value === 'number' ? String(value) : value);
const count: Read<number> = (value) => (amount(value) ? Number(value) : undefined);

/** A name means the same wherever it stands: one table is enough. */
const fields: { readonly [field: string]: Read } = {
  v: (value) => (value === 1 ? value : undefined),
  rev: count,
  asOf: time,
  period: object(),
  kind: name,
  start: time,
  resetsAt: time,
  timeZone: name,
  total: count,
  counts: object(),
  input: count,
  cached: count,
  cacheWrite: count,
  output: count,
  reasoning: count,
  estimated: count,
  cost: object('amount', 'currency'),
  amount,
  currency: text(/^[A-Z]{3}$/),
  complete: Boolean,
  quota: object('unit', 'used', 'limit'),
  unit: text(/^(tokens|cost)$/),
  used: count,
  limit: count,
  reserved: count,
  last: object('total'),
  models: list('model', 'total'),
  model: name,
  days: list('day', 'total'),
  day: time,
  id: name,
  add: object(),
};

/** Reads a snapshot; without a sensible `rev` and `total` there is none. */
export const readUsageSnapshot = object('v', 'rev', 'total', 'counts') as Read<UsageSnapshot>;

const readFrame = object('id', 'add') as Read<UsageFrame>;

/** Reads a frame: the usage chunk with our `kilotoken` part, or that part alone. */
export const readUsageFrame: Read<UsageFrame> = (value, onFault) =>
  readFrame((value as { readonly kilotoken?: unknown } | null)?.kilotoken ?? value, onFault);

/** An object, field by field. Unknown fields are ignored, malformed ones left out and told. */
// @__NO_SIDE_EFFECTS__
function object(...needed: readonly string[]): Read {
  return (value, onFault) => {
    if (typeof value !== 'object' || !value) return undefined;
    const shape: { [field: string]: unknown } = {};
    for (const field in fields) {
      const given = (value as typeof shape)[field];
      if (given == null) continue;
      const read = fields[field]!(given, onFault);
      if (read === undefined) onFault(field);
      else shape[field] = read;
    }
    const isWhole = needed.every((field) => field in shape) && (shape['unit'] !== 'cost' || shape['currency']);
    return isWhole ? shape : undefined;
  };
}

/** The entries of a list that can be read. */
// @__NO_SIDE_EFFECTS__
function list(...needed: readonly string[]): Read {
  const entry = object(...needed);
  return (value, onFault) =>
    Array.isArray(value) ? value.map((each) => entry(each, onFault)).filter(Boolean) : undefined;
}

/** A text of a form. */
// @__NO_SIDE_EFFECTS__
function text(form: RegExp): (value: unknown) => string | undefined {
  return (value) => (typeof value === 'string' && form.test(value) ? value : undefined);
}
