import { MeterError } from '@kilotoken/core';
import type { Document, Filter } from 'mongodb';
import type { Collections } from '../driver/collections.ts';
import { isDocumentRefused } from '../driver/server-errors.ts';
import type { UserLayout } from '../users/user-fields.ts';

/**
 * Makes 64-bit integers of totals that are something else: text, `null`, doubles of an older implementation. What is no
 * number becomes 0. What a document refuses is told to `onError`. Resolves with the number of documents per field;
 * `dryRun` only counts them.
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
    const filter = {
      $or: [{ [name]: { $exists: true, $not: { $type: ['long', 'int'] } } }, { [name]: { $type: 'array' } }],
    };
    const value = { $convert: { input: `$${name}`, to: 'long', onError: { $toLong: 0 }, onNull: { $toLong: 0 } } };
    // oxlint-disable-next-line no-await-in-loop -- one field after the other
    repaired[name] = dryRun
      ? await users.countDocuments(filter)
      : await updateEach(users, filter, [{ $set: { [name]: value } }], (id, cause) => {
          const advice = 'correct the document or its validator, then repair again';
          const problem = `${name} of document "${id}": ${cause.message}; ${advice}`;
          onError(new MeterError('store_failed', `mongoStore: cannot repair ${problem}`, { cause }));
        });
  }
  return repaired;
}

/** Updates what the filter finds; a document that refuses does not hold up those behind it. Gives how many there were. */
async function updateEach(
  users: Collections['users'],
  filter: Filter<Document>,
  update: Document[],
  onRefused: (id: string, error: Error) => void,
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
      onRefused(String(_id), error as Error);
    }
  }
  return found - refused;
}
