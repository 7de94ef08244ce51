import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fakeProvider } from '@kilotoken/core/testing';
import { describe, expect, inject, test } from 'vitest';
import { servedProcess } from '../served-process.ts';
import { appNode, type FreshApp, freshApp, importEverySubpath } from './fresh-app.ts';

const packages = inject('packages');
const tsc = 'node_modules/typescript/bin/tsc';

const compiled = ['typescript-node16', 'typescript-bundler'];
const nests = ['nest-10', 'nest-11'];
/** Compiled from `apps/nest-module`. */
const metered = 'dist/metered.js';
const waysToImport = ['forRoot', 'forRootAsync'];

describe.concurrent('a fresh app with the packed packages counts what the provider reported', () => {
  test('as ES modules', async () => {
    await using app = await freshApp(['esm'], packages);
    expectExactCount(await app.node(['main.js']));
  });

  test('as CommonJS, and knows the errors of the ES module copy', async () => {
    await using app = await freshApp(['commonjs'], packages);
    const printed = expectExactCount(await app.node(['main.js']));
    expect(printed).toMatchObject({ knowsTheOtherCopy: true });
  });

  test.for(compiled)('as %s, and every entry has its types there', async (layer) => {
    await using app = await freshApp(['typescript', layer], packages);
    await writeSubpaths(app);
    await app.node([tsc, '-p', '.']);
    expectExactCount(await app.node(['dist/main.js']));
  });

  test.for(nests)('as the stock app of %s, and every entry has its types there', async (layer) => {
    await using app = await freshApp(['nest', 'nest-module', layer], packages);
    await writeSubpaths(app);
    await app.node([tsc, '-p', 'tsconfig.build.json']);
    expectExactCount(await app.node(['dist/main.js']));
    const report = await app.node(['node_modules/jest/bin/jest.js', '--json', '--silent']);
    expect(JSON.parse(report)).toMatchObject({ numTotalTests: 1, numPassedTests: 1 });
    for (const way of waysToImport) await expectDrainedAtShutdown(app, way);
  });

  test('as the stock app of nest-12, and every entry has its types there', async () => {
    await using app = await freshApp(['nest-module', 'nest-12'], packages);
    await writeSubpaths(app);
    for (const type of ['module', 'commonjs']) {
      await becomeType(app, type);
      await app.node([tsc, '-p', 'tsconfig.build.json']);
      for (const way of waysToImport) await expectDrainedAtShutdown(app, way);
    }
  });
});

async function writeSubpaths(app: FreshApp): Promise<void> {
  await writeFile(join(app.folder, 'src/every-subpath.ts'), importEverySubpath(packages));
}

/** Nest apps are one or the other; the newest is an ES module unless one asks for CommonJS. */
async function becomeType({ folder }: FreshApp, type: string): Promise<void> {
  const path = join(folder, 'package.json');
  const manifest = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...manifest, type }));
}

/** The module of Nest: what was counted waits in memory, a signal comes, and another process finds it in the file. */
async function expectDrainedAtShutdown(app: FreshApp, METERING: string): Promise<void> {
  await using provider = await fakeProvider();
  const USAGE_DB = join(app.folder, `${METERING}-${Date.now()}.db`);
  const variables = { METERING, USAGE_DB, OPENAI_BASE_URL: provider.baseURL };
  await using served = await servedProcess([appNode, metered], app.folder, variables);
  const answers: unknown[] = [];
  for (const user of ['u1', 'u2']) answers.push(await (await fetch(`${served.url}/ask/${user}`)).json());
  const signal = await served.stop('SIGTERM');

  const [first, second] = provider.requests.map(({ reportedUsage }) => Number(reportedUsage?.['total_tokens']));
  expect(answers, METERING).toMatchObject([
    { text: expect.stringMatching(/\w/), calls: 1, tokens: { totalTokens: first }, waiting: 1, areSame: true },
    { text: expect.stringMatching(/\w/), calls: 1, tokens: { totalTokens: second }, waiting: 2, areSame: true },
  ]);
  expect({ lines: served.lines, signal }, METERING).toEqual({ lines: ['drained, 0 left'], signal: 'SIGTERM' });
  expect(await storedTotals(app, USAGE_DB, ['u1', 'u2']), METERING).toEqual([first, second]);
}

async function storedTotals(app: FreshApp, path: string, users: readonly string[]): Promise<unknown> {
  const code = `import { sqliteStore } from '@kilotoken/core';
    const store = sqliteStore({ path: ${JSON.stringify(path)} });
    const totals = await Promise.all(${JSON.stringify(users)}.map((userId) => store.totals({ userId })));
    console.log(JSON.stringify(totals.map(({ tokens }) => tokens.totalTokens)));
    await store.close();`;
  return JSON.parse(await app.node(['--input-type=module', '--eval', code]));
}

/** Every app prints one line: what it read from the stream, from the store and from the provider. */
function expectExactCount(line: string): unknown {
  const printed = JSON.parse(line) as { reported: { calls: number; tokens: Record<string, number> } };
  const { calls, tokens } = printed.reported;
  expect(calls).toBe(1);
  expect(tokens['totalTokens']).toBeGreaterThan(tokens['inputTokens'] ?? Infinity);
  expect(printed).toMatchObject({ text: expect.stringMatching(/\w/), foreignChunks: 0, totals: { calls, tokens } });
  return printed;
}
