import { usageRecord } from '@kilotoken/core/testing';
import { expect, it } from 'vitest';
import { mongoForTests } from './mongo-fixture.ts';

const { fresh, client } = mongoForTests();
const ids = [0, 1, 2, 3];
const batch = (name: string) =>
  ids.map((id) =>
    usageRecord({ id: `${name}-${id}`, attribution: { userId: `user-${id}`, messageId: `message-${id}` } }),
  );

async function setUp() {
  const app = fresh();
  await app.users.insertMany(ids.map((id) => ({ _id: `user-${id}`, credits: 0 })));
  await app.messages.insertMany(ids.map((id) => ({ _id: `message-${id}` })));
  return app;
}

it('an append waits for a transaction of the app, also for longer than a command may take', async () => {
  const { users, messages, open } = await setUp();
  const store = open({ commandTimeoutMs: 300, timeoutMs: 1000 });
  await client().withSession(async (session) => {
    session.startTransaction();
    await users.updateOne({ _id: 'user-1' }, { $inc: { credits: 1 } }, { session });
    await messages.updateOne({ _id: 'message-1' }, { $set: { text: 'Hello' } }, { session });
    await expect(store.append(batch('a'))).rejects.toMatchObject({ code: 'store_failed' });
    await session.commitTransaction();
  });
  const again = async () => {
    const { inserted, duplicates } = await store.append(batch('a'));
    return inserted + duplicates;
  };
  await expect.poll(again, { timeout: 10_000 }).toBe(4);
  expect(await users.countDocuments({ totalTokensUsed: 300 })).toBe(4);
  expect(await users.findOne({ _id: 'user-1' })).toMatchObject({ credits: 1 });
  expect(await messages.findOne({ _id: 'message-1' })).toMatchObject({ text: 'Hello', totalTokens: 300 });
  await store.close();
});

it('transactions of the app and appends on the same user leave both complete', async () => {
  const { users, open } = await setUp();
  const store = open();
  const appending = (async () => {
    for (let index = 0; index < 20; index += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await store.append(batch(String(index)));
    }
  })();
  for (let index = 0; index < 20; index += 1) {
    // oxlint-disable-next-line no-await-in-loop -- see above
    await client().withSession((session) =>
      session.withTransaction(async () => {
        const user = await users.findOne({ _id: 'user-1' }, { session });
        await users.updateOne({ _id: 'user-1' }, { $set: { credits: Number(user?.['credits']) + 1 } }, { session });
      }),
    );
  }
  await appending;
  expect(await users.findOne({ _id: 'user-1' })).toMatchObject({
    credits: 20,
    totalTokensUsed: 6000,
    _kt: { rev: 20 },
  });
  for await (const verdict of store.verify()) expect(verdict).toMatchObject({ state: 'right', pendingRecords: 0 });
  await store.close();
});
