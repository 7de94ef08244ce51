import { setTimeout as sleep } from 'node:timers/promises';
import { mergeValidator, schemaFragments } from '@kilotoken/mongo-adapter';
import type { Db, Document } from 'mongodb';

const objectId = { bsonType: 'objectId' };
const date = { bsonType: 'date' };
const text = { bsonType: 'string' };

/** What this app itself puts into its documents: nothing else may be in them, but for the usage fields. */
const ownSchemas = {
  users: closed({ _id: objectId, email: text, passwordHash: text, createdAt: date }),
  conversations: closed({ _id: objectId, userId: objectId, title: text, createdAt: date, updatedAt: date }),
  messages: closed({
    _id: objectId,
    conversationId: objectId,
    userId: objectId,
    role: { enum: ['user', 'assistant'] },
    content: text,
    status: { enum: ['complete', 'streaming', 'stopped', 'failed'] },
    createdAt: date,
  }),
};

/** The validators of the three collections; the usage fields come from the store that writes them. */
function validators(): Readonly<Record<keyof typeof ownSchemas, Document>> {
  const { users, messages } = schemaFragments();
  return {
    users: mergeValidator(ownSchemas.users, users),
    conversations: ownSchemas.conversations,
    messages: mergeValidator(ownSchemas.messages, messages),
  };
}

/** Creates or updates collections, validators and indexes. Any number of processes may do it at once. */
export async function prepareDatabase(db: Db): Promise<void> {
  await Promise.all(
    Object.entries(validators()).map(async ([name, validator]) => {
      await db.createCollection(name, { validator }).catch(ignoreExisting);
      await whenFree(() => db.command({ collMod: name, validator }));
    }),
  );
  await Promise.all([
    db.collection('users').createIndex({ email: 1 }, { unique: true }),
    db.collection('conversations').createIndex({ userId: 1, updatedAt: -1 }),
    db.collection('messages').createIndex({ conversationId: 1, createdAt: 1, _id: 1 }),
  ]);
}

function closed(properties: Document): Document {
  return {
    $jsonSchema: { bsonType: 'object', additionalProperties: false, required: Object.keys(properties), properties },
  };
}

/** Another process that starts may be building an index just now, and nothing changes a collection meanwhile. */
async function whenFree(change: () => Promise<unknown>): Promise<void> {
  const backgroundOperationInProgress = 12_587;
  for (let attempt = 1; ; attempt += 1) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- again only if it failed
      await change();
      return;
    } catch (error) {
      if ((error as { code?: unknown }).code !== backgroundOperationInProgress || attempt === 100) throw error;
    }
    // oxlint-disable-next-line no-await-in-loop -- building an index of a big collection takes its time
    await sleep(Math.min(attempt * 10, 1000));
  }
}

function ignoreExisting(error: unknown): void {
  const namespaceExists = 48;
  if ((error as { code?: unknown }).code !== namespaceExists) throw error;
}
