import { MongoClient } from 'mongodb';
import { expect, it } from 'vitest';
import { startMongo } from '../../src/testing/index.ts';
import { needsMongod } from '../needs-mongod.ts';

needsMongod();

it.for([0, 1, 3] as const)('starts %i members on WiredTiger', { timeout: 240_000 }, async (members) => {
  const mongo = await startMongo({ members });
  const client = new MongoClient(mongo.uri);
  try {
    const hello = await client.db('admin').command({ hello: 1 });
    expect(hello['hosts']?.length ?? 0).toBe(members);
    const status = await client.db('admin').command({ serverStatus: 1 });
    expect(status['storageEngine'].name).toBe('wiredTiger');
  } finally {
    await client.close();
    await mongo.stop();
  }
});

it('keeps acknowledged data over kill -9 and a restart', { timeout: 120_000 }, async () => {
  const mongo = await startMongo({ members: 0 });
  const client = new MongoClient(mongo.uri);
  try {
    const documents = client.db('app').collection<{ _id: string }>('documents');
    await documents.insertOne({ _id: 'a' }, { writeConcern: { w: 'majority', j: true } });
    const [member] = mongo.members;
    await member?.kill('SIGKILL');
    expect(member?.pid()).toBeUndefined();
    await member?.start();
    expect(await documents.countDocuments()).toBe(1);
  } finally {
    await client.close();
    await mongo.stop();
  }
});
