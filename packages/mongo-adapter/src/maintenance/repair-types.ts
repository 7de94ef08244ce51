import { MeterError } from '@kilotoken/core';
import type { Document, Filter } from 'mongodb';
import { valueAtPath } from '../documents/value-at-path.ts';
import type { Collections } from '../driver/collections.ts';
import { isDocumentRefused } from '../driver/server-errors.ts';
import type { UserLayout } from '../users/user-fields.ts';
import { shownValue } from './unreadable-total.ts';

/**
 * Makes 64-bit integers of totals that are something else: digits as text, `null` (0), whole doubles of an older
 * implementation. Nothing is guessed: `"1,234"`, 12.5 and `"a lot"` stay as they are and are told to `onError`, as is what a
 * document refuses. Resolves with the number of documents per field; `dryRun` only counts and tells them.
 */
export async function repairTypes(
  { users }: Collections,
  { fields }: UserLayout,
  { dryRun = false, onError }: { readonly dryRun?: boolean; readonly onError: (error: Error) => void },
): Promise<Record<string, number>> {
  const repaired: Record<string, number> = {};
  for (const name of Object.values(fields)) {
    if (name === false) continue;
    // To `$type` a list is what is in it.
    const wrong = {
      $or: [{ [name]: { $exists: true, $not: { $type: ['long', 'int'] } } }, { [name]: { $type: 'array' } }],
    };
    const value = wholeNumberOf(`$${name}`);
    const report = (id: unknown, problem: string, cause?: Error): void => {
      const whole = `mongoStore: cannot repair ${name} of document "${String(id)}": ${problem}`;
      onError(new MeterError('store_failed', whole, cause === undefined ? {} : { cause }));
    };
    const isUnreadable = { ...wrong, $expr: { $eq: [value, null] } };
    // oxlint-disable-next-line no-await-in-loop -- one field after the other
    for await (const document of users.find(isUnreadable).project({ [name]: 1 })) {
      const shown = shownValue(valueAtPath(document, name));
      report(document['_id'], `${shown} is not a whole number; correct it, then repair again`);
    }
    const filter = { ...wrong, $expr: { $ne: [value, null] } };
    // oxlint-disable-next-line no-await-in-loop -- see above
    repaired[name] = dryRun
      ? await users.countDocuments(filter)
      : await updateEach(users, filter, [{ $set: { [name]: value } }], (id, cause) => {
          report(id, `${cause.message}; correct the document or its validator, then repair again`, cause);
        });
  }
  return repaired;
}

/** The 64-bit integer that a value certainly means; `null` where it may mean another, or none. */
function wholeNumberOf(field: string): Document {
  const isOf = (...types: string[]): Document => ({ $in: [{ $type: field }, types] });
  const text = { $trim: { input: field } };
  const ofText = { $cond: [{ $regexMatch: { input: text, regex: '^-?[0-9]+$' } }, toLong(text), null] };
  const ofNumber = { $cond: [{ $eq: [field, { $trunc: field }] }, toLong(field), null] };
  const ofOthers = { $cond: [isOf('null', 'undefined'), { $toLong: 0 }, null] };
  // Also 64-bit integers: another process may have repaired it.
  const isNumber = isOf('double', 'decimal', 'int', 'long');
  return { $cond: [isOf('string'), ofText, { $cond: [isNumber, ofNumber, ofOthers] }] };
}

function toLong(input: unknown): Document {
  return { $convert: { input, to: 'long', onError: null } };
}

/** Updates what the filter finds; a document that refuses does not hold up those behind it. Gives how many there were. */
async function updateEach(
  users: Collections['users'],
  filter: Filter<Document>,
  update: Document[],
  onRefused: (id: unknown, error: Error) => void,
): Promise<number> {
  const found = await users.countDocuments(filter);
  try {
    await users.updateMany(filter, update);
    return found;
  } catch (error) {
    if (!isDocumentRefused(error)) throw error;
  }
  let refused = 0;
  for await (const { _id } of users.find(filter).project({ _id: 1 })) {
    try {
      await users.updateOne({ $and: [{ _id }, filter] }, update);
    } catch (error) {
      if (!isDocumentRefused(error)) throw error;
      refused += 1;
      onRefused(_id, error as Error);
    }
  }
  return found - refused;
}
