import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { type FreshApp, freshApp, importEverySubpath } from './fresh-app.ts';

const packages = inject('packages');
const tsc = 'node_modules/typescript/bin/tsc';

const compiled = ['typescript-node16', 'typescript-bundler'];
const nests = ['nest-10', 'nest-11'];

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
    await using app = await freshApp(['nest', layer], packages);
    await writeSubpaths(app);
    await app.node([tsc, '-p', 'tsconfig.build.json']);
    expectExactCount(await app.node(['dist/main.js']));
    const report = await app.node(['node_modules/jest/bin/jest.js', '--json', '--silent']);
    expect(JSON.parse(report)).toMatchObject({ numTotalTests: 1, numPassedTests: 1 });
  });
});

async function writeSubpaths(app: FreshApp): Promise<void> {
  await writeFile(join(app.folder, 'src/every-subpath.ts'), importEverySubpath(packages));
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
