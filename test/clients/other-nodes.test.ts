import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildKilotoken } from './build-kilotoken.ts';
import type { BuiltKilotoken } from './build-kilotoken.ts';
import type { DropInReport } from './run-drop-in.ts';
import { newestAliases, olderAliases } from './sdk-under-test.ts';

const run = promisify(execFile);
const isFull = process.env['KILOTOKEN_FULL'] === '1';

/** A Node of this major, from the npm registry, kept outside the project. */
async function nodeOf(major: number): Promise<string> {
  const folder = join(homedir(), '.cache', 'kilotoken', `node-${major}`);
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const binary = join(folder, 'node_modules', name, 'bin', 'node');
  if (!existsSync(binary)) {
    await run('npm', ['install', '--no-save', '--ignore-scripts', '--prefix', folder, `${name}@${major}`]);
  }
  return binary;
}

const aliases = isFull ? [...newestAliases, ...olderAliases] : newestAliases;
/** Without the full matrix each Node loads one of the two formats. */
const both = ['esm', 'cjs'] as const;
// openai 7 asks for Node 22.
const matrix = [
  { major: 26, aliases, formats: isFull ? both : (['esm'] as const) },
  { major: 22, aliases, formats: isFull ? both : (['esm'] as const) },
  {
    major: 20,
    aliases: aliases.filter((alias) => !/^openai(?:-7.*)?$/.test(alias)),
    formats: isFull ? both : (['cjs'] as const),
  },
];

describe('the built library', () => {
  let built: BuiltKilotoken;
  beforeAll(async () => {
    built = await buildKilotoken();
  });
  afterAll(() => built.remove());

  describe.for(matrix)('on Node $major', ({ major, aliases: sdks, formats }) => {
    it.for(sdks)('passes the drop-in list with %s', { timeout: 300_000 }, async (alias) => {
      const node = await nodeOf(major);
      for (const format of formats) {
        const { stdout } = await run(node, [built.runner, '--sdk', `${alias}:${format}`, '--meter', built[format]]);
        const report = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as DropInReport;
        expect(report.failed).toEqual([]);
        expect(report.passed).toBeGreaterThan(60);
      }
    });
  });
});
