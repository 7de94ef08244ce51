import { MongoBulkWriteError } from 'mongodb';
import type { Collection } from 'mongodb';
import { expect, it } from 'vitest';
import { updateEach } from '../../src/driver/document-updates.ts';

/** A collection behind a mongos that refuses the second of two updates. */
function refusing(code: number, errmsg: string): Collection {
  const writeErrors = [{ index: 1, code, errmsg }];
  const result = { matchedCount: 1, upsertedCount: 0, getWriteConcernError: () => undefined };
  const error = Object.assign(new MongoBulkWriteError({ message: errmsg, code, writeErrors: [] }, result as never), {
    writeErrors,
  });
  return { bulkWrite: () => Promise.reject(error) } as unknown as Collection;
}

const updates = ['a', 'b'].map((id) => ({ id, update: { filter: { _id: id }, update: {}, upsert: true } }));

it('an upsert that does not name the shard key is refused, and does not wait for ever', async () => {
  const reason = 'Failed to target upsert by query :: could not extract exact shard key';
  const { matched, refused } = await updateEach(refusing(61, reason), updates);
  expect({ matched, refused: refused.map(({ id, error }) => [id, error.message]) }).toEqual({
    matched: 1,
    refused: [['b', reason]],
  });
});

it('an update that met a stale route has an unknown outcome', async () => {
  await expect(updateEach(refusing(13_388, 'stale config'), updates)).rejects.toThrow('stale config');
});
