import type { Collections } from '../driver/collections.ts';
import type { UserLayout } from '../users/user-fields.ts';

/**
 * Makes 64-bit integers of totals that are something else: text, `null`, doubles of an older implementation. What is no
 * number becomes 0. Resolves with the number of documents per field; `dryRun` only counts them.
 */
export async function repairTypes(
  { users }: Collections,
  { fields }: UserLayout,
  { dryRun = false } = {},
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
      : (await users.updateMany(filter, [{ $set: { [name]: value } }])).modifiedCount;
  }
  return repaired;
}
