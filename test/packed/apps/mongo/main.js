import { randomUUID } from 'node:crypto';
import { usageRecord } from '@kilotoken/core/testing';
import { mongoStore, readUsage } from '@kilotoken/mongo-adapter';
import { startMongo } from '@kilotoken/mongo-adapter/testing';
import { MongoClient, ObjectId } from 'mongodb';

const mongo = await startMongo();
const clients = [
  new MongoClient(mongo.uri),
  new MongoClient(mongo.uri, { w: 0, readPreference: 'secondaryPreferred' }),
];
const ids = { id: (id) => new ObjectId(id) };
const stores = clients.map((client) => mongoStore({ client, db: 'app', users: ids, messages: ids }));
const [store] = stores;
const db = clients[0].db('app');

const users = Array.from({ length: 5 }, () => new ObjectId());
const messages = Array.from({ length: 10 }, () => new ObjectId());
await db.collection('users').insertMany(users.map((_id) => ({ _id })));
await db.collection('messages').insertMany(messages.map((_id) => ({ _id })));
const records = Array.from({ length: 100 }, (_, index) =>
  usageRecord({
    id: randomUUID(),
    callId: randomUUID(),
    attribution: { userId: String(users[index % 5]), messageId: String(messages[index % 10]), conversationId: 'c' },
  }),
);

// The same records through both clients at once, and then once more.
const append = async (one, part) => one.append(records.filter((_, index) => index % 4 === part));
const results = await Promise.all([0, 1, 2, 3].flatMap((part) => stores.map((one) => append(one, part))));
results.push(await store.append(records));
const inserted = results.reduce((sum, result) => sum + result.inserted, 0);

await store.ensureIndexes();
await store.rollUp();
const verdicts = [];
for await (const { state, pendingRecords } of store.verify()) verdicts.push({ state, pendingRecords });
const shown = await db.collection('users').find().toArray();
const days = await store.series({ bucket: 'day', by: 'user', timeZone: 'Asia/Kolkata' });
const { calls } = await store.totals({ conversationId: 'c' });
const erased = await store.erase(String(users[0]));

console.log(
  JSON.stringify({
    inserted,
    verdicts,
    users: shown.map((user) => readUsage(user).toJSON()),
    messages: await db.collection('messages').distinct('totalTokens'),
    days: days.map((day) => day.calls),
    calls,
    erased,
  }),
);
await Promise.all(stores.map((one) => one.close()));
await Promise.all(clients.map((client) => client.close()));
await mongo.stop();
