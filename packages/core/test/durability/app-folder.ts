import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createMeter, sqliteStore } from '../../src/index.ts';
import type { MeterError, UsageRecord, UsageTotals } from '../../src/index.ts';

/** Where an app keeps its records. */
export interface AppFolder {
  readonly path: string;
  readonly database: string;
  readonly journal: string;
}

/** A folder that goes when the test has ended. */
export function appFolder(path = mkdtempSync(join(tmpdir(), 'kilotoken-app-'))): AppFolder {
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return { path, database: join(path, 'usage.db'), journal: join(path, 'journal') };
}

/** What the store holds, and what was reported on the way. */
export interface Restarted {
  readonly records: readonly UsageRecord[];
  readonly totals: UsageTotals;
  readonly errors: readonly MeterError[];
}

/** The next start of the app: replays the journal into the store, and reads all of it. */
export async function restart({ database, journal }: AppFolder): Promise<Restarted> {
  const errors: MeterError[] = [];
  const store = sqliteStore({ path: database });
  const meter = createMeter({ store, journal: { path: journal }, onError: (error) => errors.push(error) });
  try {
    await meter.flush();
    const records: UsageRecord[] = [];
    for await (const { cursor: _, ...record } of store.records({})) records.push(record);
    return { records, totals: await store.totals({}), errors };
  } finally {
    await meter.close();
    await store.close();
  }
}
