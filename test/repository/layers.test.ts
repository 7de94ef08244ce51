import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
const stages = ['capture', 'normalize', 'pricing', 'attribution', 'recording', 'storage'] as const;
const pairs = stages.flatMap((earlier, index) => stages.slice(index + 1).map((later) => ({ earlier, later })));

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kilotoken-layers-'));
  await cp(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('a stage', () => {
  test.for(pairs)('$later takes types from $earlier, and no function', async ({ earlier, later }) => {
    const path = `packages/core/src/${later}/snippet.ts`;
    expect(await faults(path, `import type { Thing } from '../${earlier}/thing.ts';`)).toEqual([]);
    expect(await faults(path, `import { thing } from '../${earlier}/thing.ts';`)).toEqual(['no-restricted-imports']);
    expect(await faults(path, `export { thing } from '../${earlier}/thing.ts';`)).toEqual(['no-restricted-imports']);
  });

  test.for(pairs)('$earlier takes not even types from $later', async ({ earlier, later }) => {
    const path = `packages/core/src/${earlier}/snippet.ts`;
    expect(await faults(path, `import type { Thing } from '../${later}/thing.ts';`)).toEqual(['no-restricted-imports']);
    expect(await faults(path, `await import('../${later}/thing.ts');`)).toEqual(['no-restricted-imports']);
  });

  test.for(stages)('%s knows neither what joins the stages nor the test kit', async (stage) => {
    const path = `packages/core/src/${stage}/snippet.ts`;
    for (const target of [
      'create-meter.ts',
      'meter/create-turn.ts',
      'meter.ts',
      'options.ts',
      'index.ts',
      'testing/index.ts',
    ]) {
      expect(await faults(path, `import type { Thing } from '../${target}';`), target).toEqual([
        'no-restricted-imports',
      ]);
    }
  });

  test.for(stages)('%s uses its own files, deeper ones too, and the errors', async (stage) => {
    const code = `import { a } from './a.ts';\nimport { b } from './deep/b.ts';\nimport { MeterError } from '../errors.ts';`;
    expect(await faults(`packages/core/src/${stage}/snippet.ts`, code)).toEqual([]);
  });

  test('in a deeper folder keeps the same borders', async () => {
    const path = 'packages/core/src/storage/sqlite/snippet.ts';
    for (const target of ['recording/thing.ts', 'create-meter.ts', 'meter.ts', 'options.ts', 'cli/main.ts']) {
      const code = `import { thing } from '../../${target}';`;
      expect(await faults(path, code), target).toEqual(['no-restricted-imports']);
    }
    expect(await faults(path, `import { thing } from '../usage-sums.ts';`)).toEqual([]);
  });
});

describe('what serves the browser', () => {
  const path = 'packages/core/src/browser/snippet.ts';

  test('takes functions of the storage, and types of the stages before it', async () => {
    expect(await faults(path, `import { timeBuckets } from '../storage/time-buckets.ts';`)).toEqual([]);
    expect(await faults(path, `import type { UsageRecord } from '../recording/usage-record.ts';`)).toEqual([]);
    expect(await faults(path, `import { record } from '../recording/usage-record.ts';`)).toEqual([
      'no-restricted-imports',
    ]);
  });

  test.for(stages)('is unknown to %s', async (stage) => {
    const code = `import type { Thing } from '../browser/thing.ts';`;
    expect(await faults(`packages/core/src/${stage}/snippet.ts`, code)).toEqual(['no-restricted-imports']);
  });
});

describe('sinks and the command line', () => {
  test.for([...stages, 'browser'])('are unknown to %s', async (place) => {
    for (const later of ['sinks', 'otel', 'cli']) {
      const code = `import type { Thing } from '../${later}/thing.ts';`;
      expect(await faults(`packages/core/src/${place}/snippet.ts`, code), later).toEqual(['no-restricted-imports']);
    }
  });

  test.for(['sinks', 'otel'])('%s takes the types of records, and nothing of how they come about', async (place) => {
    const path = `packages/core/src/${place}/snippet.ts`;
    expect(await faults(path, `import type { UsageRecord } from '../recording/usage-record.ts';`)).toEqual([]);
    expect(await faults(path, `import { record } from '../recording/making/build-record.ts';`)).toEqual([
      'no-restricted-imports',
    ]);
    expect(await faults(path, `import { store } from '../storage/sqlite-store.ts';`)).toEqual([
      'no-restricted-imports',
    ]);
  });
});

describe('a Node built-in', () => {
  const places = ['', 'browser/', ...stages.map((stage) => `${stage}/`)];

  test.for(places)('is not imported in packages/core/src/%s', async (place) => {
    const path = `packages/core/src/${place}snippet.ts`;
    expect(await faults(path, `import { readFile } from 'node:fs';`)).toEqual(['no-restricted-imports']);
    expect(await faults(path, `import { readFile } from 'fs';`)).toEqual(['prefer-node-protocol']);
    expect(await faults(path, `import type fs from 'node:fs';`)).toEqual([]);
  });

  test('is imported in the Node-only entries', async () => {
    const code = `import { readFile } from 'node:fs';`;
    expect(await faults('packages/core/src/testing/snippet.ts', code)).toEqual([]);
    expect(await faults('packages/core/src/node/snippet.ts', code)).toEqual([]);
  });
});

describe('a pure stage', () => {
  test.for(['normalize', 'pricing'])('%s has neither clock nor randomness nor I/O', async (stage) => {
    const path = `packages/core/src/${stage}/snippet.ts`;
    expect(await faults(path, 'export const at = Date.now();')).toEqual(['no-restricted-properties']);
    expect(await faults(path, 'export const any = Math.random();')).toEqual(['no-restricted-properties']);
    for (const name of ['process', 'performance', 'crypto', 'fetch', 'setTimeout', 'setInterval']) {
      expect(await faults(path, `export const outside = ${name};`), name).toEqual(['no-restricted-globals']);
    }
  });
});

/** Names of the rules about borders that `code` breaks when it stands at `path`. */
async function faults(path: string, code: string): Promise<string[]> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), `${code}\n`);
  const report = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, [oxlint, '--format=json', path], { cwd: folder }, (_error, stdout, stderr) => {
      if (stdout.startsWith('{')) resolve(stdout);
      else reject(new Error(`oxlint did not answer: ${stderr}${stdout}`));
    });
  });
  const { diagnostics } = JSON.parse(report) as { diagnostics: { code: string }[] };
  return diagnostics
    .map(({ code: rule }) => /\((.*)\)/.exec(rule)?.[1] ?? rule)
    .filter((rule) => rule.startsWith('no-restricted-') || rule === 'prefer-node-protocol');
}
