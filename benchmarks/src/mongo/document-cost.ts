import type { MongoClient } from 'mongodb';
import { mongoStore } from '@kilotoken/mongo-adapter';
import { openCollections } from '../../../packages/mongo-adapter/src/driver/collections.ts';
import { mongoDatabase } from '../../../packages/mongo-adapter/src/driver/mongo-database.ts';
import type { UsageDatabase } from '../../../packages/mongo-adapter/src/fold/usage-database.ts';
import { defaultMessageLayout } from '../../../packages/mongo-adapter/src/messages/message-fields.ts';
import { defaultUserLayout } from '../../../packages/mongo-adapter/src/users/user-fields.ts';
import { plainRecord } from '../../../packages/mongo-adapter/test/faults/plain-record.ts';
import { cpuTime } from './cpu-time.ts';

const majority = { writeConcern: { w: 'majority', j: true } } as const;

type Named = { _id: string };

/** Prints what the server spends on each document of a batch of 100: it sets the limit to all that a store can do. */
export async function printDocumentCost(client: MongoClient): Promise<void> {
  const db = client.db('parts');
  const size = 100;
  const turns = 60;
  const ids = Array.from({ length: size }, (_, index) => `user-${index}`);
  const messageIds = (name: string, round: number): string[] =>
    Array.from({ length: size }, (_, index) => `${name}-${round}-${index}`);
  await db.collection<Named>('users').insertMany(ids.map((_id) => ({ _id })));
  const names = ['naive', 'single', 'table'].flatMap((name) =>
    Array.from({ length: turns }, (_, round) => messageIds(name, round)).flat(),
  );
  await db.collection<Named>('messages').insertMany(
    names.map((_id) => ({ _id })),
    { writeConcern: { w: 1 } },
  );
  const store = mongoStore({ client, db, maintenance: false, recovery: false });
  await store.ensureIndexes();
  await store.append([plainRecord('first', 'user-0')]);
  await store.close();
  const row = await db.collection('kt_ledger').findOne({});

  const collections = openCollections(db, {
    ledger: 'kt_ledger',
    writers: 'kt_writers',
    rollups: 'kt_rollups',
    users: 'users',
    messages: 'messages',
  });
  // A filter of the app, even an empty one, has every document updated on its own.
  const database = (isTogether: boolean): UsageDatabase => {
    const documents = { key: '_id', id: (id: string) => id, filter: isTogether ? undefined : () => ({}) };
    return mongoDatabase({
      db,
      collections,
      users: { ...documents, layout: defaultUserLayout, upsert: false, isUsed: true },
      messages: { ...documents, layout: defaultMessageLayout, guard: '_kt', isUsed: true },
      commandTimeoutMs: 15_000,
    });
  };
  const tokens = { it: 200n, ot: 100n, tt: 300n };
  const picoUsd = 250_000_000n;
  const countUsers = (name: string, isTogether: boolean) => {
    const { foldUsers } = database(isTogether);
    return (round: number) =>
      foldUsers(
        ids.map((user) => ({
          user,
          writer: name,
          from: round === 0 ? undefined : BigInt(round),
          to: BigInt(round + 1),
          sums: {
            records: 1n,
            calls: 1n,
            unpricedCalls: 0n,
            byOrigin: new Map([['reported', { calls: 1n, picoUsd, tokens: { ...tokens } }]]),
          },
        })),
      );
  };
  const setMessages = (name: string, isTogether: boolean) => {
    const { setFirstMessages } = database(isTogether);
    return (round: number) =>
      setFirstMessages(messageIds(name, round).map((message) => ({ message, records: 1n, tokens, picoUsd })));
  };
  const byId = (collection: string, idsOf: (round: number) => readonly string[], update: object) => (round: number) =>
    db.collection<Named>(collection).bulkWrite(
      idsOf(round).map((_id) => ({ updateOne: { filter: { _id }, update } })),
      { ordered: false, ...majority },
    );
  let made = 0;
  const totals = { totalTokensUsed: 300, totalPromptTokens: 200, totalCompletionTokens: 100 };
  const fields = { totalTokens: 300, promptTokens: 200, completionTokens: 100 };
  const parts: readonly (readonly [string, (round: number) => Promise<unknown>])[] = [
    ['a user by _id, as an app would', byId('users', () => ids, { $inc: totals })],
    ['a user with our fields and guard', countUsers('single', false)],
    ['all users in a table', countUsers('table', true)],
    ['a message by _id, as an app would', byId('messages', (round) => messageIds('naive', round), { $set: fields })],
    ['a message that shows nothing yet', setMessages('single', false)],
    ['all messages in a table', setMessages('table', true)],
    [
      'insert of a row, with its six indexes',
      () => {
        const rows = ids.map(() => {
          made += 1;
          return { ...row, _id: `row-${made}`, mid: `message-${made}`, cid: `call-${made}`, n: made, i: new Date() };
        });
        return db.collection<Named>('kt_ledger').insertMany(rows, majority);
      },
    ],
  ];
  console.log('\nCPU of the server for each document of a batch of 100');
  for (const [name, work] of parts) {
    const before = await cpuTime(client);
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    for (let round = 0; round < turns; round += 1) await work(round);
    const { server } = await cpuTime(client);
    const each = ((server - before.server) * 1000) / (turns * size);
    console.log(`${name.padEnd(48)} ${each.toFixed(0).padStart(5)} us`);
  }
}
