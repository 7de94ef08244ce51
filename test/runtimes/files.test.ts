import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Cleanup, runOn } from './ask-runtime.ts';

describe.for(['node', 'bun', 'deno'] as const)('the files of %s', (runtime) => {
  test('hold a database that is there when it is opened again', async ({ onTestFinished }) => {
    const folder = await temporaryFolder(onTestFinished);
    const { text } = await runOn(runtime, 'sqlite in a file', onTestFinished, { folder });
    expect(JSON.parse(text)).toEqual({ duplicates: 1, calls: 2 });
    expect(await readdir(folder)).toEqual(['usage.db']);
  });

  test('hold a database that says when another process has it', async ({ onTestFinished }) => {
    const folder = await temporaryFolder(onTestFinished);
    const { text } = await runOn(runtime, 'sqlite behind a lock', onTestFinished, { folder });
    expect(JSON.parse(text)).toEqual({
      refusal: ['store_failed', expect.stringContaining('another process kept it locked')],
      inserted: 1,
    });
  });

  test('hold a journal whose records reach the store of the next meter', async ({ onTestFinished }) => {
    const folder = await temporaryFolder(onTestFinished);
    const { text } = await runOn(runtime, 'journal that outlives its meter', onTestFinished, { folder });
    expect(JSON.parse(text)).toBe(2);
  });
});

test.for(['bun', 'deno'] as const)('sqliteStore keeps the contract of a store on %s', async (runtime, context) => {
  const { text } = await runOn(runtime, 'sqlite conformance', context.onTestFinished);
  expect(JSON.parse(text)).toEqual({ count: expect.any(Number), failures: [] });
});

test.for(['workerd', 'workerd without Node'] as const)(
  '%s has no files that last: a database and a journal are refused when they are made',
  async (runtime, { onTestFinished }) => {
    const { text } = await runOn(runtime, 'files are refused', onTestFinished);
    expect(JSON.parse(text)).toEqual(['unsupported', 'unsupported']);
  },
);

async function temporaryFolder(onTestFinished: Cleanup): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kilotoken-runtime-files-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}
