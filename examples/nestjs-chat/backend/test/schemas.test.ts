import { Long, ObjectId } from 'mongodb';
import { expect, test } from 'vitest';
import { prepareDatabase } from '../src/platform/prepare-database.ts';
import { chatAppForTests } from './chat-app.ts';

const app = chatAppForTests();
const now = new Date();
const newUser = () => ({
  _id: new ObjectId(),
  email: `${new ObjectId().toHexString()}@example.com`,
  passwordHash: 'x',
  createdAt: now,
});
const newMessage = () => ({
  _id: new ObjectId(),
  conversationId: new ObjectId(),
  userId: new ObjectId(),
  role: 'assistant',
  content: 'Hello',
  status: 'complete',
  createdAt: now,
});
const insert = (collection: string, document: object) =>
  app()
    .db.collection(collection)
    .insertOne(document)
    .then(
      () => 'stored',
      (error: { codeName?: string; code?: number }) => (error.code === 121 ? 'refused' : error),
    );

test('users and messages are valid with the usage fields and without them', async () => {
  const totals = { totalTokensUsed: Long.fromNumber(2 ** 40), totalPromptTokens: 1, totalCompletionTokens: 0 };
  const tokens = { promptTokens: 3, completionTokens: Long.fromNumber(4), totalTokens: 7 };
  expect(await insert('users', newUser())).toBe('stored');
  expect(await insert('users', { ...newUser(), ...totals, totalCostPicoUsd: 5, _kt: { rev: 1 } })).toBe('stored');
  expect(await insert('messages', newMessage())).toBe('stored');
  expect(await insert('messages', { ...newMessage(), ...tokens, _kt: { n: 2 } })).toBe('stored');
});

test('text or a negative number for tokens is refused, and so is any field nobody knows', async () => {
  expect(await insert('users', { ...newUser(), totalTokensUsed: '12' })).toBe('refused');
  expect(await insert('users', { ...newUser(), totalTokensUsed: -1 })).toBe('refused');
  expect(await insert('users', { ...newUser(), isAdmin: true })).toBe('refused');
  expect(await insert('messages', { ...newMessage(), promptTokens: '12' })).toBe('refused');
  expect(await insert('messages', { ...newMessage(), role: 'system' })).toBe('refused');
});

test('a database from before there was metering gets the fields into its validator, and keeps its users', async () => {
  const { db } = app();
  const $jsonSchema = { bsonType: 'object', additionalProperties: false, properties: { _id: {}, email: {} } };
  await db.collection('users').drop();
  await db.createCollection('users', { validator: { $jsonSchema } });
  await db.collection('users').insertOne({ email: 'old@example.com' });
  expect(await insert('users', { email: 'new@example.com', totalTokensUsed: 0 })).toBe('refused');
  // Eight processes of a new version start at once.
  await Promise.all(Array.from({ length: 8 }, () => prepareDatabase(db)));
  expect(await insert('users', { ...newUser(), totalTokensUsed: 0 })).toBe('stored');
  expect(await db.collection('users').countDocuments({ email: 'old@example.com' })).toBe(1);
});

test('an address can be registered once, also by two requests at the same moment', async () => {
  const { db } = app();
  await app().signUp();
  const email = 'twice@example.com';
  const results = await Promise.all([
    insert('users', { ...newUser(), email }),
    insert('users', { ...newUser(), email }),
  ]);
  expect(results.filter((result) => result === 'stored')).toHaveLength(1);
  expect(await db.collection('users').countDocuments({ email })).toBe(1);
});
