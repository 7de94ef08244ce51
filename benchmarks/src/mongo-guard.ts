// How large does the guard in a user document get when a hundred processes a day count on it?
// Run from the root: npm run bench -- --only mongo-guard
import { startMongo } from '@kilotoken/mongo-adapter/testing';
import { MongoClient } from 'mongodb';
import { commandLine, wholeNumber } from '../../scripts/command-line.ts';
import { writerDays } from '../../packages/mongo-adapter/test/guard/writer-days.ts';
import type { WriterEnd } from '../../packages/mongo-adapter/test/guard/writer-days.ts';

const { days, writers } = commandLine(
  'Usage: npm run bench -- --only mongo-guard [-- --days 3 --writers 100]',
  { options: { days: { type: 'string', default: '3' }, writers: { type: 'string', default: '100' } } },
  ({ values }) => ({ days: wholeNumber('--days', values.days), writers: wholeNumber('--writers', values.writers) }),
);
const ends: readonly (readonly [string, (index: number) => WriterEnd])[] = [
  ['all close', () => 'closes'],
  ['one in ten dies', (index) => (index % 10 === 0 ? 'dies' : 'closes')],
  ['all die', () => 'dies'],
];
const mongo = await startMongo({ members: 1 });
const client = new MongoClient(mongo.uri);
console.log(`${days} days, ${writers} writers a day, all on one user`);
for (const [index, [name, end]] of ends.entries()) {
  // oxlint-disable-next-line no-await-in-loop -- one app after the other
  const { largest, last } = await writerDays(client.db(`guard-${index}`), {
    days,
    writersPerDay: writers,
    end,
  });
  console.log(
    `${name.padEnd(16)} at most ${largest.bytes} bytes with ${largest.entries} entries; ` +
      `${last.bytes} bytes with ${last.entries} when they are long gone`,
  );
}
await client.close();
await mongo.stop();
