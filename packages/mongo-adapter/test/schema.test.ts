import { usageRecord } from '@kilotoken/core/testing';
import { Decimal128, Long } from 'mongodb';
import { describe, expect, it } from 'vitest';
import {
  initialUsage,
  mergeValidator,
  messageUsageFields,
  readUsage,
  schemaFragments,
  usageProjection,
} from '../src/index.ts';
import { mongoForTests } from './mongo-fixture.ts';

const { fresh } = mongoForTests();
const closedSchema = {
  $jsonSchema: {
    bsonType: 'object',
    required: ['email'],
    additionalProperties: false,
    properties: { _id: {}, email: { bsonType: 'string' }, stats: { bsonType: 'object', additionalProperties: false } },
  },
};

describe('validators of the app', () => {
  it.for([false, true])('that forbid other fields take ours once they are merged (strict: %s)', async (strict) => {
    const { db, users, open } = fresh();
    const names = { fields: { totalTokens: 'stats.tokens' } };
    const fragments = schemaFragments({ users: names, strict });
    await db.createCollection('users', { validator: mergeValidator(closedSchema, fragments.users) });
    await users.insertMany([
      { _id: 'user-1', email: 'a', ...initialUsage(names) },
      { _id: 'user-2', email: 'b' },
    ]);
    const store = open({
      users: names,
      onError: (error) => {
        throw error;
      },
    });
    await store.append(['user-1', 'user-2'].map((userId) => usageRecord({ id: userId, attribution: { userId } })));
    for (const _id of ['user-1', 'user-2']) {
      // oxlint-disable-next-line no-await-in-loop -- two documents
      const user = await users.findOne({ _id }, { promoteLongs: false });
      expect(user).toMatchObject({ stats: { tokens: Long.fromNumber(300) }, totalPromptTokens: Long.fromNumber(200) });
    }
    await store.close();
  });

  it('refuse our fields when nothing was merged, and then lose nothing', async () => {
    const { db, users, open } = fresh();
    await db.createCollection('users', { validator: closedSchema });
    await users.insertOne({ _id: 'user-1', email: 'a' });
    const errors: Error[] = [];
    const store = open({ onError: (error) => errors.push(error) });
    expect(await store.append([usageRecord()])).toEqual({ inserted: 1, duplicates: 0 });
    expect(errors).toHaveLength(1);
    await expect(store.rebuild('user-1')).rejects.toMatchObject({
      code: 'store_failed',
      message: 'mongoStore: cannot rebuild user "user-1": Document failed validation',
    });
    await db.command({ collMod: 'users', validator: mergeValidator(closedSchema, schemaFragments().users) });
    await store.append([usageRecord({ id: 'other' })]);
    expect(await users.findOne()).toMatchObject({ totalTokensUsed: 600 });
    await store.close();
  });

  it('are merged with where they stand in $and, and add to queries', async () => {
    const { db, users, open } = fresh();
    const existing = { $and: [closedSchema, { email: { $type: 'string' } }] };
    await db.createCollection('users', { validator: mergeValidator(existing, schemaFragments().users) });
    await users.insertOne({ _id: 'user-1', email: 'a', ...initialUsage() });
    await expect(users.insertOne({ _id: 'user-2', email: 'a', other: 1 })).rejects.toMatchObject({ code: 121 });
    const errors: Error[] = [];
    const store = open({ onError: (error) => errors.push(error) });
    await store.append([usageRecord()]);
    expect(errors).toEqual([]);
    expect(existing.$and[0]).toBe(closedSchema);
    await store.close();
  });

  it('keep their own description of a field, and are not changed themselves', () => {
    const existing = { $jsonSchema: { properties: { totalTokensUsed: { bsonType: 'long' } } }, other: 1 };
    const merged = mergeValidator(existing, schemaFragments().users);
    expect(merged).toMatchObject({ other: 1, $jsonSchema: { properties: { totalTokensUsed: { bsonType: 'long' } } } });
    expect(existing.$jsonSchema.properties).toEqual({ totalTokensUsed: { bsonType: 'long' } });
    expect(mergeValidator(undefined, schemaFragments().messages)).toHaveProperty([
      '$jsonSchema',
      'properties',
      'promptTokens',
    ]);
  });
});

describe('readUsage', () => {
  it.for([
    ['numbers', 7],
    ['Long', Long.fromString('7')],
    ['bigint', 7n],
    ['Decimal128', Decimal128.fromString('7')],
  ] as const)('reads totals that come as %s', ([, value]) => {
    expect(readUsage({ totalTokensUsed: value, _kt: { rev: value } })).toMatchObject({ totalTokens: 7n, rev: 7 });
  });

  it('takes what is absent or unusable for zero, and a document that is not there too', () => {
    expect(readUsage({ totalTokensUsed: null, totalPromptTokens: 'x' })).toMatchObject({ totalTokens: 0n, rev: 0 });
    expect(readUsage(undefined).inputTokens).toBe(0n);
  });

  it('is JSON without loss', () => {
    const usage = readUsage({
      totalTokensUsed: Long.fromString('9007199254740993'),
      totalPromptTokens: 5,
      totalCostPicoUsd: 12n,
    });
    expect(JSON.parse(JSON.stringify(usage))).toEqual({
      totalTokens: '9007199254740993',
      inputTokens: 5,
      outputTokens: 0,
      picoUsd: '12',
      rev: 0,
    });
  });
});

describe('the helpers for documents', () => {
  it('keep the guard out of a profile', async () => {
    const { users, open } = fresh();
    await users.insertOne({ _id: 'user-1', ...initialUsage() });
    const store = open();
    await store.append([usageRecord()]);
    const profile = await users.findOne({ _id: 'user-1' }, { projection: usageProjection() });
    expect(Object.keys(profile ?? {}).toSorted()).toEqual([
      '_id',
      'totalCompletionTokens',
      'totalCostPicoUsd',
      'totalPromptTokens',
      'totalTokensUsed',
    ]);
    expect(JSON.stringify(initialUsage())).toContain('"totalTokensUsed":0');
    await store.close();
  });

  it('write the usage of a turn as fields of a message', () => {
    const usage = { tokens: { inputTokens: 1, totalTokens: 1 }, cost: { picoUsd: 5n } };
    expect(messageUsageFields(usage)).toEqual({ promptTokens: 1, totalTokens: 1 });
    expect(messageUsageFields(usage, { fields: { picoUsd: 'cost', totalTokens: false } })).toEqual({
      promptTokens: 1,
      cost: 5n,
    });
  });

  it('write fields of objects as objects, which strict validators take, money beyond 2^31 included', async () => {
    const { db, messages } = fresh();
    const usage = { tokens: { inputTokens: 1, outputTokens: 2 }, cost: { picoUsd: 5_000_000_000 } };
    const names = { fields: { inputTokens: 'usage.prompt', outputTokens: 'usage.completion', picoUsd: 'usage.cost' } };
    const fragment = schemaFragments({ messages: names, strict: true }).messages;
    await db.createCollection('messages', { validator: mergeValidator(undefined, fragment) });
    await messages.insertOne({ _id: 'm', ...messageUsageFields(usage, names) });
    expect(await messages.findOne()).toMatchObject({ usage: { prompt: 1, completion: 2, cost: 5_000_000_000 } });
  });
});
