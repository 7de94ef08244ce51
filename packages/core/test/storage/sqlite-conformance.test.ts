import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { sqliteStore } from '../../src/storage/sqlite-store.ts';
import { usageStoreConformance } from '../../src/testing/conformance/usage-store-conformance.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kilotoken-sqlite-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('sqliteStore in a file', () => {
  it.for(usageStoreConformance.map((test, index) => ({ ...test, index })))('$name', ({ run, index }) => {
    const open = () => sqliteStore({ path: join(folder, `${index}.db`) });
    return run(open, { openAgain: open });
  });
});

describe('sqliteStore in memory', () => {
  it.for(usageStoreConformance)('$name', ({ run }) => run(() => sqliteStore({ path: ':memory:' })));
});
