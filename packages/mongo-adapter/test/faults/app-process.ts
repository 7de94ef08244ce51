// An app in a process of its own: stores records one after the other and says which were acknowledged.
// node app-process.ts <uri> <db> <name> <count> [shared]: with `shared` the ids do not carry the name.
import { MongoClient } from 'mongodb';
import { mongoStore } from '../../src/index.ts';
import { plainRecord } from './plain-record.ts';

const [uri = '', db = '', name = '', count = '1', shared] = process.argv.slice(2);
const client = new MongoClient(uri, { serverSelectionTimeoutMS: 60_000 });
const store = mongoStore({
  client,
  db,
  maintenance: false,
  recovery: false,
  timeoutMs: 60_000,
  commandTimeoutMs: 2000,
});
const prefix = shared === undefined ? `${name}-` : '';
for (let index = 0; index < Number(count); index += 1) {
  const batch = [0, 1, 2].map((part) => {
    const id = `${prefix}${index}.${part}`;
    return plainRecord(id, `user-${(index + part) % 3}`, `message-${index % 4}`);
  });
  // oxlint-disable-next-line no-await-in-loop -- one batch after the other
  await store.append(batch);
  for (const { id } of batch) process.stdout.write(`${id}\n`);
}
await store.close();
await client.close();
