import { setAtPath } from '../documents/set-at-path.ts';
import { valueAtPath } from '../documents/value-at-path.ts';
import { wholeNumber } from '../ledger/whole-number.ts';
import type { UsersOptions } from '../options.ts';
import { userLayout } from './user-fields.ts';

/** The names in use; the `users` option of the store. */
export type UserNames = Pick<UsersOptions, 'fields' | 'guard'>;

/** Totals of a user document. `JSON.stringify` writes numbers; money, and counts beyond 2^53, as decimal strings. */
export interface UserUsage {
  readonly totalTokens: bigint;
  readonly inputTokens: bigint;
  readonly outputTokens: bigint;
  /** Cost in pico-USD (1e-12 USD). */
  readonly picoUsd: bigint;
  /** Ever-growing count of counted records; 0 if the guard field was not read. */
  readonly rev: number;
  /** Plain JSON value. */
  toJSON(): Record<string, number | string>;
}

/**
 * Returns totals of zero, for the document of a new user. Optional: the first record creates missing fields.
 *
 * Plain zeros, so that the new document can be sent as JSON; the first `$inc` turns them into 64-bit integers.
 *
 * @example
 * ```ts
 * await users.insertOne({ email, ...initialUsage() });
 * ```
 */
export function initialUsage(users: UserNames = {}): Record<string, unknown> {
  const { fields } = userLayout(users);
  const document: Record<string, unknown> = {};
  for (const name of Object.values(fields)) {
    if (name !== false) setAtPath(document, name, 0);
  }
  return document;
}

/**
 * Reads the totals of a user document, whatever the driver returns for 64-bit integers: number, bigint or `Long`. Absent fields are 0.
 *
 * @example
 * ```ts
 * const { totalTokens } = readUsage(request.user);
 * response.json({ ...profile, usage: readUsage(request.user) });
 * ```
 */
export function readUsage(document: unknown, users: UserNames = {}): UserUsage {
  const { fields, guard } = userLayout(users);
  const total = (name: string | false): bigint => (name === false ? 0n : wholeNumber(valueAtPath(document, name)));
  const usage = {
    totalTokens: total(fields.totalTokens),
    inputTokens: total(fields.inputTokens),
    outputTokens: total(fields.outputTokens),
    picoUsd: total(fields.picoUsd),
    rev: Number(wholeNumber(valueAtPath(document, `${guard}.rev`))),
  };
  const toJSON = (): Record<string, number | string> => ({
    totalTokens: plain(usage.totalTokens),
    inputTokens: plain(usage.inputTokens),
    outputTokens: plain(usage.outputTokens),
    picoUsd: String(usage.picoUsd),
    rev: usage.rev,
  });
  return Object.defineProperty({ ...usage, toJSON }, 'toJSON', { enumerable: false });
}

/**
 * Returns a projection that leaves the guard field out of a user document, for profiles.
 *
 * @example
 * ```ts
 * const user = await users.findOne({ _id }, { projection: usageProjection() });
 * ```
 */
export function usageProjection(users: UserNames = {}): Record<string, 0> {
  return { [userLayout(users).guard]: 0 };
}

function plain(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)
    ? Number(value)
    : String(value);
}
