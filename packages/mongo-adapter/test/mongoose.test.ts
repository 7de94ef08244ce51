import { randomUUID } from 'node:crypto';
import { usageRecord } from '@kilotoken/core/testing';
import mongoose from 'mongoose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mongoStore, readUsage } from '../src/index.ts';
import type { MongoStore } from '../src/index.ts';
import { mongoForTests } from './mongo-fixture.ts';

/** The lines of docs/guide/mongodb.md. */
const userUsage = {
  totalTokensUsed: { type: Number, min: 0 },
  totalPromptTokens: { type: Number, min: 0 },
  totalCompletionTokens: { type: Number, min: 0 },
  totalCostPicoUsd: BigInt,
  _kt: { type: Object, select: false },
};
const messageUsage = {
  promptTokens: { type: Number, min: 0 },
  completionTokens: { type: Number, min: 0 },
  totalTokens: { type: Number, min: 0 },
  _kt: { type: Object, select: false },
};

/** Where mongoose counts the saves of a document. */
const version = '__v';

const { mongo, hasMongod } = mongoForTests();
let connection: mongoose.Connection;
const stores: MongoStore[] = [];
beforeAll(async () => {
  if (hasMongod()) connection = await mongoose.createConnection(mongo().uri).asPromise();
}, 180_000);
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
});
afterAll(async () => {
  if (hasMongod()) await connection.close();
});

/** The models of an app that knows nothing of our documents but the lines above, in a database of their own. */
function makeModels() {
  const app = connection.useDb(`test-${randomUUID()}`);
  const options = { strict: 'throw', timestamps: true, optimisticConcurrency: true } as const;
  const userSchema = new mongoose.Schema(
    { email: { type: String, required: true, match: /@/ }, name: String, ...userUsage },
    options,
  );
  const messageSchema = new mongoose.Schema(
    { role: { type: String, enum: ['user', 'assistant'], required: true }, text: String, ...messageUsage },
    options,
  );
  return { app, User: app.model('User', userSchema), Message: app.model('Message', messageSchema) };
}

async function setUp() {
  const { app, User, Message } = makeModels();
  const store = mongoStore({
    client: app.getClient(),
    db: app.name,
    users: { collection: 'users', id: (id) => new mongoose.Types.ObjectId(id) },
    messages: { collection: 'messages', id: (id) => new mongoose.Types.ObjectId(id) },
    maintenance: false,
    recovery: false,
  });
  stores.push(store);
  const user = await User.create({ email: 'ada@example.com', name: 'Ada' });
  const message = await Message.create({ role: 'assistant', text: 'Hello' });
  let calls = 0;
  /** One call of the user, of 200 + 100 tokens and 250,000,000 pico-USD, for the message. */
  const call = async (): Promise<void> => {
    calls += 1;
    const attribution = { userId: user.id, messageId: message.id };
    expect(await store.append([usageRecord({ id: `r${calls}`, attribution })])).toMatchObject({ inserted: 1 });
  };
  return { app, User, Message, store, user, message, call };
}

describe('beside mongoose', () => {
  it('users and messages show their usage through their models', async () => {
    const { User, Message, user, message, call } = await setUp();
    await call();
    const profile = await User.findById(user._id).orFail();
    expect(profile).toMatchObject({
      name: 'Ada',
      totalTokensUsed: 300,
      totalPromptTokens: 200,
      totalCompletionTokens: 100,
      totalCostPicoUsd: 250_000_000n,
    });
    expect(readUsage(profile)).toMatchObject({ totalTokens: 300n, inputTokens: 200n, picoUsd: 250_000_000n });
    const answer = await Message.findById(message._id).orFail();
    expect(answer).toMatchObject({ text: 'Hello', promptTokens: 200, completionTokens: 100, totalTokens: 300 });
    await call();
    expect(await Message.findById(message._id).lean()).toMatchObject({ promptTokens: 400, totalTokens: 600 });
  });

  it('the guard field is in no result unless the app asks for it', async () => {
    const { User, Message, user, message, call } = await setUp();
    await call();
    await call();
    const profile = await User.findById(user._id).orFail();
    expect(profile.toObject()).not.toHaveProperty('_kt');
    expect(await User.findById(user._id).lean()).not.toHaveProperty('_kt');
    expect(await Message.findById(message._id).lean()).not.toHaveProperty('_kt');
    const asked = await User.findById(user._id).select('+_kt').orFail();
    expect(readUsage(asked).rev).toBe(2);
  });

  it('save() of a user loaded before its first usage keeps the usage', async () => {
    const { User, store, user, message, call } = await setUp();
    const loadedUser = await User.findById(user._id).orFail();
    await call();
    loadedUser.name = 'Ada Lovelace';
    await loadedUser.save();
    await call();
    // The instance that made the document is as good.
    user.email = 'countess@example.com';
    await user.set(version, loadedUser.get(version)).save();
    message.text = 'Hello again';
    await message.save();
    await call();
    expect(await User.findById(user._id)).toMatchObject({ name: 'Ada Lovelace', totalTokensUsed: 900 });
    expect(await store.userTotals(user.id)).toMatchObject({ calls: 3, rev: 3 });
    for await (const verdict of store.verify()) expect(verdict).toMatchObject({ state: 'right', pendingRecords: 0 });
  });

  it('updates by query keep the usage, and usage raises no version', async () => {
    const { User, Message, store, user, message, call } = await setUp();
    await call();
    const update = { returnDocument: 'after', runValidators: true } as const;
    const renamed = await User.findOneAndUpdate({ email: 'ada@example.com' }, { name: 'A' }, update).orFail();
    expect(renamed).toMatchObject({ name: 'A', totalTokensUsed: 300 });
    await User.findByIdAndUpdate(user._id, { $set: { email: 'a@example.com' } }, update);
    await User.updateOne({ _id: user._id }, { name: 'B' });
    await Message.findByIdAndUpdate(message._id, { text: 'Hi' }, update);
    await call();
    const found = await User.findById(user._id).orFail();
    expect(found).toMatchObject({ name: 'B', email: 'a@example.com', totalTokensUsed: 600, [version]: 0 });
    expect(await Message.findById(message._id)).toMatchObject({ text: 'Hi', totalTokens: 600, [version]: 0 });
    for await (const verdict of store.verify()) expect(verdict).toMatchObject({ state: 'right', pendingRecords: 0 });
  });

  it('a default of 0 undoes usage when an older user is saved, and a default for new users does not', async () => {
    const { app, user, call } = await setUp();
    const open = (name: string, initial: unknown) =>
      app.model(
        name,
        new mongoose.Schema({ name: String, totalTokensUsed: { type: Number, default: initial } }),
        'users',
      );
    const forNew = function (this: { isNew?: boolean }) {
      return this.isNew === true ? 0 : undefined;
    };
    const saved = async (Model: ReturnType<typeof open>): Promise<number | undefined | null> => {
      const early = await Model.findById(user._id).orFail();
      await call();
      early.set('name', 'C');
      await early.save();
      return (await Model.findById(user._id).orFail()).get('totalTokensUsed');
    };
    const Careful = open('Careful', forNew);
    expect(new Careful().get('totalTokensUsed')).toBe(0);
    expect(await saved(Careful)).toBe(300);
    await app.collection('users').updateOne({ _id: user._id }, { $unset: { totalTokensUsed: '' } });
    expect(await saved(open('Careless', 0))).toBe(0);
  });
});
