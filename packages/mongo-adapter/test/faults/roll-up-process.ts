// A process that works on the roll-ups in small pieces, and waits for as long as another one is at it.
// node roll-up-process.ts <uri> <db> <rows of a piece>: says `waits` where it has to, and `done <slots>` in the end.
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { openCollections } from '../../src/driver/collections.ts';
import { rollUp } from '../../src/rollups/roll-up.ts';

const [uri = '', name = '', pieceRows = ''] = process.argv.slice(2);
const client = new MongoClient(uri);
const collections = openCollections(client.db(name), {
  ledger: 'kt_ledger',
  writers: 'kt_writers',
  rollups: 'kt_rollups',
  users: 'users',
  messages: 'messages',
});
let slots: number | undefined;
for (let tries = 0; slots === undefined; tries += 1) {
  if (tries === 1) process.stdout.write('waits\n');
  // oxlint-disable-next-line no-await-in-loop -- until nobody else is at it
  if (tries > 0) await sleep(50);
  // oxlint-disable-next-line no-await-in-loop -- see above
  slots = await rollUp(collections, () => new Date(), { pieceRows: Number(pieceRows) });
}
process.stdout.write(`done ${slots}\n`);
await client.close();
