// How much of an append to sqliteStore is SQLite itself? The same rows are inserted by bare statements of node:sqlite: into
// the same table with the same indexes, with the index of ids alone, and with none.
// Run from the root: npx node --conditions=@kilotoken/source benchmarks/src/sqlite-floor.ts [records]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue } from 'node:sqlite';
import { sqliteStore } from '@kilotoken/core';
import type { UsageRecord } from '@kilotoken/core';
import { usageRecord } from '@kilotoken/core/testing';

const recordCount = Number(process.argv[2] ?? 20_000);
const batchLength = 500;
const runs = 10;
const folder = mkdtempSync(join(tmpdir(), 'kilotoken-bench-'));

const id = (index: number): string => `019aa0f0-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;
const kinds: Readonly<Record<string, (index: number) => UsageRecord>> = {
  plain: (index) => usageRecord({ id: id(index), attribution: { userId: `user-${index % 100}` } }),
  'fully attributed': (index) => {
    const startedAt = new Date(Date.parse('2026-11-22T10:00:00Z') + index * 1000);
    return usageRecord({
      id: id(index),
      startedAt,
      endedAt: new Date(startedAt.getTime() + 2000),
      attribution: {
        userId: `user-${index % 100}`,
        tenantId: `tenant-${index % 10}`,
        conversationId: `conversation-${Math.floor(index / 20)}`,
        messageId: `message-${index}`,
        tags: { feature: 'chat' },
      },
      rawUsage: { prompt_tokens: 200, completion_tokens: 100, total_tokens: 300 },
    });
  },
};

console.log(
  `${recordCount} records in batches of ${batchLength}, Node ${process.version}, SQLite ${process.versions['sqlite']}`,
);
console.log(`best of ${runs} interleaved runs`);
for (const [kind, make] of Object.entries(kinds)) {
  const records = Array.from({ length: recordCount }, (_, index) => make(index));
  // oxlint-disable-next-line no-await-in-loop -- one kind after the other
  const table = await tableOf(records);
  const best = new Map<string, { perSecond: number; perCpuSecond: number }>();
  for (let run = 0; run < runs; run += 1) {
    for (const [name, contestant] of Object.entries({
      sqliteStore: () => appendAll(records),
      'bare, same indexes': () => insertAll(table, table.indexes, true),
      'bare, index of ids': () => insertAll(table, [], true),
      'bare, no index': () => insertAll(table, [], false),
    })) {
      // oxlint-disable-next-line no-await-in-loop -- one contestant after the other
      const measured = await contestant();
      const known = best.get(name) ?? measured;
      best.set(name, {
        perSecond: Math.max(known.perSecond, measured.perSecond),
        perCpuSecond: Math.max(known.perCpuSecond, measured.perCpuSecond),
      });
    }
  }
  for (const [name, { perSecond, perCpuSecond }] of best) {
    const figures = `${thousands(perSecond)} k/s, ${thousands(perCpuSecond)} k per CPU second`;
    console.log(`${kind.padEnd(16)} ${name.padEnd(20)} ${figures}`);
  }
}
rmSync(folder, { recursive: true });

/** What the store makes of the records: its table and its rows. */
interface Table {
  readonly sql: string;
  readonly indexes: readonly string[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SQLInputValue[])[];
}

async function tableOf(records: readonly UsageRecord[]): Promise<Table> {
  const path = join(folder, 'template.db');
  const store = sqliteStore({ path });
  await store.append(records);
  await store.close();
  const database = new DatabaseSync(path);
  const schema = database.prepare(`SELECT type, sql FROM sqlite_schema WHERE tbl_name = 'usage_records'`).all();
  const rows = database.prepare('SELECT * FROM usage_records ORDER BY seq').all();
  database.close();
  rmSync(path);
  // All records of a kind fill the same columns; the others are left out, as the store does.
  const columns = Object.entries(rows[0] ?? {})
    .filter(([column, value]) => value !== null && column !== 'seq')
    .map(([column]) => column);
  return {
    sql: String(schema.find(({ type }) => type === 'table')?.['sql']),
    indexes: schema.filter(({ type, sql }) => type === 'index' && sql !== null).map(({ sql }) => String(sql)),
    columns,
    rows: rows.map((row) => columns.map((column) => row[column] ?? null)),
  };
}

async function appendAll(records: readonly UsageRecord[]): Promise<ReturnType<ReturnType<typeof begin>>> {
  const path = join(folder, 'store.db');
  const store = sqliteStore({ path });
  const end = begin();
  for (let first = 0; first < records.length; first += batchLength) {
    // oxlint-disable-next-line no-await-in-loop -- one batch after the other
    await store.append(records.slice(first, first + batchLength));
  }
  const measured = end();
  await store.close();
  rmSync(path);
  return measured;
}

function insertAll(table: Table, indexes: readonly string[], isUnique: boolean): ReturnType<ReturnType<typeof begin>> {
  const path = join(folder, 'bare.db');
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384');
  database.exec(isUnique ? table.sql : table.sql.replace('UNIQUE', ''));
  for (const sql of indexes) database.exec(sql);
  const insert = database.prepare(
    `INSERT INTO usage_records (${table.columns.join(', ')}) VALUES (${table.columns.map(() => '?').join(', ')})`,
  );
  const end = begin();
  for (let first = 0; first < table.rows.length; first += batchLength) {
    database.exec('BEGIN IMMEDIATE');
    for (const row of table.rows.slice(first, first + batchLength)) insert.run(...row);
    database.exec('COMMIT');
  }
  const measured = end();
  database.close();
  rmSync(path);
  return measured;
}

function begin(): () => { readonly perSecond: number; readonly perCpuSecond: number } {
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  return () => {
    const seconds = (performance.now() - start) / 1000;
    const cpu = process.cpuUsage(cpuBefore);
    return { perSecond: recordCount / seconds, perCpuSecond: (recordCount / (cpu.user + cpu.system)) * 1e6 };
  };
}

function thousands(count: number): string {
  return (count / 1000).toFixed(0).padStart(5);
}
