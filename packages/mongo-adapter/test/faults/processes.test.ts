import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mongoStore } from '../../src/index.ts';
import { mongoForTests } from '../mongo-fixture.ts';
import { checkInvariants } from './invariants.ts';
import { startProxy } from './op-msg-proxy.ts';
import { startApp } from './start-app.ts';

const { mongo, client, fresh } = mongoForTests();

async function setUp(): Promise<string> {
  const { db, users, messages } = fresh();
  await users.insertMany([0, 1, 2].map((index) => ({ _id: `user-${index}` })));
  await messages.insertMany([0, 1, 2, 3].map((index) => ({ _id: `message-${index}` })));
  return db.databaseName;
}

describe('an app that is killed', { timeout: 60_000 }, () => {
  const steps = [
    ['insert', 'kt_ledger'],
    ['update', 'users'],
    ['update', 'messages'],
    ['aggregate', 'kt_ledger'],
  ] as const;
  const cases = steps.flatMap(([name, collection]) =>
    (['before', 'after'] as const).map((moment) => [moment, name, collection] as const),
  );
  it.for(cases)('%s %s on %s loses and doubles nothing', async ([moment, name, collection]) => {
    const db = await setUp();
    const proxy = await startProxy(mongo().members[0]?.host ?? '');
    const app = startApp([proxy.uri, db, 'a', '100']);
    let met = 0;
    proxy.onCommand(async (command) => {
      if (command.name !== name || command.collection !== collection) return 'pass';
      met += 1;
      if (met !== 3) return 'pass';
      app.child.kill('SIGKILL');
      if (moment === 'before') return 'cut-before';
      return 'cut-after';
    });
    expect(await app.ended).toBe('SIGKILL');
    await proxy.close();
    await checkInvariants(client(), db, app.acknowledged);
    // A new process hands everything in again, as a journal would.
    const again = startApp([mongo().uri, db, 'a', '5']);
    expect(await again.ended).toBe(0);
    await checkInvariants(client(), db, [...app.acknowledged, ...again.acknowledged]);
  });

  it('while it stands still is recovered by others, and does no harm when it wakes', async () => {
    const db = await setUp();
    const app = startApp([mongo().uri, db, 'zombie', '60'], (count) => {
      if (count === 30) app.child.kill('SIGSTOP');
    });
    await expect.poll(() => app.acknowledged.size, { timeout: 20_000 }).toBeGreaterThanOrEqual(30);
    await checkInvariants(client(), db, app.acknowledged);
    app.child.kill('SIGCONT');
    expect(await app.ended).toBe(0);
    expect(app.acknowledged.size).toBe(180);
    await checkInvariants(client(), db, app.acknowledged);
  });
});

describe('a process that ends', { timeout: 60_000 }, () => {
  it('is not kept alive by a store that nobody closed', async () => {
    const db = await setUp();
    const script = join(import.meta.dirname, 'open-store-process.ts');
    const child = spawn(process.execPath, ['--conditions=@kilotoken/source', script, mongo().uri, db], {
      stdio: 'inherit',
    });
    expect(await once(child, 'exit')).toEqual([0, null]);
    await checkInvariants(client(), db, ['a']);
  });

  // In the simulator every schedule has to hold the same minute; this one waits for it.
  it.runIf(process.env['KILOTOKEN_FULL'] === '1')(
    'in the middle of its work has it counted by another within a minute',
    { timeout: 120_000 },
    async () => {
      const db = await setUp();
      const other = mongoStore({ client: client(), db });
      const proxy = await startProxy(mongo().members[0]?.host ?? '');
      const app = startApp([proxy.uri, db, 'a', '100']);
      let met = 0;
      proxy.onCommand((command) => {
        if (command.name !== 'update' || command.collection !== 'users') return 'pass';
        met += 1;
        if (met !== 3) return 'pass';
        app.child.kill('SIGKILL');
        return 'cut-before';
      });
      expect(await app.ended).toBe('SIGKILL');
      const died = performance.now();
      const rows = await client().db(db).collection('kt_ledger').countDocuments();
      const counted = async () => {
        const users = await client().db(db).collection('users').find().toArray();
        return users.reduce((sum, user) => sum + Number(user['_kt']?.rev ?? 0), 0);
      };
      expect(await counted()).toBeLessThan(rows);
      await expect.poll(counted, { timeout: 60_000, interval: 250 }).toBe(rows);
      console.log(`counted ${((performance.now() - died) / 1000).toFixed(1)} s after the death`);
      await other.close();
      await proxy.close();
    },
  );
});

describe('several processes', { timeout: 120_000 }, () => {
  it('with the same records count each of them once', async () => {
    const db = await setUp();
    const apps = Array.from({ length: 8 }, (_, index) => startApp([mongo().uri, db, `p${index}`, '15', 'shared']));
    expect(await Promise.all(apps.map(({ ended }) => ended))).toEqual(apps.map(() => 0));
    await checkInvariants(
      client(),
      db,
      apps.flatMap(({ acknowledged }) => [...acknowledged]),
    );
    expect(await client().db(db).collection('kt_ledger').countDocuments()).toBe(45);
  });
});
