import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { sqliteStore } from '../../src/storage/sqlite-store.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';
import { readAll } from '../read-all.ts';
import { exportedLines, kilotoken, kilotokenProcess, startKilotoken, storeWith } from './cli-fixture.ts';

const many = Array.from({ length: 1000 }, (_, index) => usageRecord({ id: `record-${index}`, rawUsage: { index } }));

describe('an export', () => {
  test('is the records of the store as JSON, each with its cursor', async () => {
    const path = await storeWith(many.slice(0, 250));
    const { exitCode, stdout, stderr } = await kilotoken(['export', '--store', path]);
    const store = sqliteStore({ path });
    const stored = await readAll(store.records({}));
    await store.close();
    expect(exportedLines(stdout)).toEqual(JSON.parse(JSON.stringify(stored)));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '250 records, last cursor 250\n' });
    expect(exportedLines(stdout)[0]).toMatchObject({ startedAt: '2026-11-22T10:00:00.000Z', rawUsage: { index: 0 } });
  });

  test('goes on after the cursor, and ends at the limit', async () => {
    const path = await storeWith(many);
    const ids: string[] = [];
    let after: string[] = [];
    for (;;) {
      const { stdout, stderr } = await kilotoken(['export', '--store', path, '--limit', '150', ...after]);
      const lines = exportedLines(stdout);
      if (lines.length === 0) {
        expect(stderr).toBe('0 records, last cursor 1000\n');
        break;
      }
      ids.push(...lines.map(({ id }) => id));
      after = ['--after', lines.at(-1)?.cursor ?? ''];
      expect(stderr).toBe(`${lines.length} records, last cursor ${lines.at(-1)?.cursor}\n`);
    }
    expect(ids).toEqual(many.map(({ id }) => id));
  });

  test('of one user has only the records of that user', async () => {
    const mine = [3, 700, 999].map((index) => ({ ...many[index]!, attribution: { userId: 'ann' } }));
    const path = await storeWith([
      ...many.slice(0, 500),
      ...mine.map((record) => ({ ...record, id: `ann-${record.id}` })),
    ]);
    const { stdout, stderr } = await kilotoken(['export', '--store', path, '--user', 'ann']);
    expect(exportedLines(stdout).map(({ id }) => id)).toEqual(mine.map(({ id }) => `ann-${id}`));
    expect(stderr).toBe('3 records, last cursor 503\n');
  });

  test('of an empty store is empty, without a cursor', async () => {
    const run = await kilotoken(['export', '--store', await storeWith([usageRecord()]), '--limit', '0']);
    expect(run).toEqual({ exitCode: 0, stdout: '', stderr: '0 records\n' });
  });
});

describe('the process', () => {
  test('gives all of it to a pipe before it ends', async () => {
    const path = await storeWith(many);
    const { exitCode, stdout, stderr } = await kilotokenProcess(['export', '--store', path]);
    expect(exportedLines(stdout)).toHaveLength(1000);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '1000 records, last cursor 1000\n' });
  });

  test('ends in silence where the reader has seen enough', async () => {
    const padded = many.map((record) => ({ ...record, rawUsage: 'x'.repeat(2000) }));
    const child = startKilotoken(['export', '--store', await storeWith(padded)]);
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
    child.stdout?.destroy();
    const [exitCode] = (await once(child, 'close')) as [number];
    expect(exportedLines(line)).toMatchObject([{ id: 'record-0' }]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });
});
