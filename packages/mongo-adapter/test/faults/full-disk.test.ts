import { MongoClient } from 'mongodb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mongoStore } from '../../src/index.ts';
import { startMongo } from '../../src/testing/index.ts';
import { failCommand, mongoForTests } from '../mongo-fixture.ts';
import { checkInvariants } from './invariants.ts';
import { load, makeUsers, userCount } from './load.ts';
import { plainRecord } from './plain-record.ts';
import { smallDisk } from './small-disk.ts';

const trial = smallDisk(1);
trial?.unmount();

describe('a database whose disk is full', () => {
  const { client, fresh } = mongoForTests(0);

  it('and says so keeps records waiting, and takes them once there is room', async () => {
    const { db } = fresh();
    await makeUsers(client(), db.databaseName);
    const store = mongoStore({ db, messages: false, maintenance: false, recovery: false, timeoutMs: 1500 });
    await store.append([plainRecord('first', 'user-0')]);
    for (const name of ['insert', 'update']) {
      // oxlint-disable-next-line no-await-in-loop -- one step after the other
      await failCommand(client(), 'always', { errorCode: 14_031, failCommands: [name] });
      const batch = Array.from({ length: 5 }, (_, index) => plainRecord(`${name}-${index}`, `user-${index}`));
      // oxlint-disable-next-line no-await-in-loop -- see above
      await expect(store.append(batch)).rejects.toMatchObject({
        code: 'store_failed',
        message: expect.stringMatching(/5 records are not yet stored and counted.*failpoint|OutOfDiskSpace/i),
      });
      // oxlint-disable-next-line no-await-in-loop -- see above
      await failCommand(client(), 'off');
      // Stored while nobody waits for them, they are duplicates to whoever hands them in next.
      const taken = () => store.append(batch).then(({ inserted, duplicates }) => inserted + duplicates);
      // oxlint-disable-next-line no-await-in-loop -- see above
      await expect.poll(() => taken().catch(() => {}), { timeout: 20_000 }).toBe(5);
    }
    await store.close();
    const ids = ['insert', 'update'].flatMap((name) => [0, 1, 2, 3, 4].map((index) => `${name}-${index}`));
    await checkInvariants(client(), db.databaseName, ['first', ...ids]);
  });

  it.skipIf(trial === undefined)(
    'and dies of it has lost nothing it acknowledged (skipped where no tmpfs can be mounted)',
    { timeout: 120_000 },
    async () => {
      const disk = smallDisk(420);
      if (disk === undefined) throw new Error('no disk');
      const mongo = await startMongo({ members: 0, folder: disk.path });
      const own = new MongoClient(mongo.uri);
      onTestFinished(async () => {
        await own.close();
        await mongo.stop();
        disk.unmount();
      });
      await makeUsers(own, 'app');
      const store = mongoStore({
        client: own,
        db: 'app',
        messages: false,
        maintenance: false,
        recovery: false,
        commandTimeoutMs: 5000,
      });
      const traffic = load(store, 4);
      const more = async (): Promise<void> => {
        const enough = traffic.acknowledged.size + 60;
        await expect.poll(() => traffic.acknowledged.size, { timeout: 60_000 }).toBeGreaterThan(enough);
      };
      await more();
      const [member] = mongo.members;
      disk.fill();
      // Writes go into space that was set aside before; a checkpoint needs more.
      await own
        .db('admin')
        .command({ fsync: 1 })
        .catch(() => {});
      await expect.poll(() => member?.pid(), { timeout: 60_000 }).toBeUndefined();
      disk.free();
      await member?.start();
      await more();
      await traffic.stop();
      await store.close();
      expect(await own.db('app').collection('users').countDocuments()).toBe(userCount);
      await checkInvariants(own, 'app', traffic.acknowledged);
    },
  );
});
