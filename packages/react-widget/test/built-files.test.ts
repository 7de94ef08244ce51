import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build as bundle } from 'vite';
import type { Rollup } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catalogs } from './format/locales.ts';

const react = ['react', 'react/jsx-runtime', 'react-dom'];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kilotoken-built-'));
  const tsup = join(createRequire(import.meta.url).resolve('tsup/package.json'), '../dist/cli-default.js');
  const cwd = join(import.meta.dirname, '..');
  await promisify(execFile)(process.execPath, [tsup, '--out-dir', folder, '--no-dts', '--silent'], { cwd });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const built = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');

describe('the built entries', () => {
  test.for(['index', 'headless'])('%s is marked for the browser on its first line', async (entry) => {
    expect((await built(`${entry}.js`)).split('\n')[0]).toBe('"use client";');
    expect((await built(`${entry}.cjs`)).split('\n').slice(0, 2)).toContain('"use client";');
  });

  test.for(['core', 'server', 'sse', 'locales', 'adapters/ai-sdk', 'adapters/swr', 'adapters/tanstack'])(
    '%s runs anywhere: no mark, no React',
    async (entry) => {
      for (const text of [await built(`${entry}.js`), await built(`${entry}.cjs`)]) {
        expect(text).not.toContain('use client');
        expect(text).not.toMatch(/(from|require\()\s*["']react/);
      }
    },
  );

  test('print nothing', async () => {
    const names = (await readdir(folder, { recursive: true })).filter((name) => /\.(js|cjs)$/.test(name));
    expect(names.length).toBeGreaterThan(20);
    for (const name of names) expect(await built(name), name).not.toMatch(/console\./);
  });

  test('are at most so big, in bytes of gzip', async () => {
    const names = ['ru', 'zh', 'es'];
    const locales = names.map((name) => JSON.stringify(catalogs.get(name)));
    const headless = await size(`export { createUsageStore, useTokenUsage } from './headless.js'`);
    const styled = await size(`export { TokenMeter } from './index.js'`, locales);
    const english = await size(`export { TokenMeter } from './index.js'`);
    const message = await size(`export { MessageTokens } from './index.js'`);
    const css = gzipSync(await built('styles.css'), { level: 9 }).length;
    expect(
      {
        headless: headless <= 3186,
        styled: styled <= 8756,
        english: english <= 7560,
        message: message <= 1873,
        css: css <= 1594,
      },
      `${headless}, ${styled}, ${english}, ${message}, ${css}`,
    ).toEqual({ headless: true, styled: true, english: true, message: true, css: true });
    for (const [name, messages] of catalogs) {
      const further =
        (await size(`export { TokenMeter } from './index.js'`, [...locales, JSON.stringify(messages)])) - styled;
      expect(further, name).toBeLessThanOrEqual(480);
    }
  });
});

/** Size of an app that has nothing but this, and words in further languages. */
async function size(code: string, locales: readonly string[] = []): Promise<number> {
  const entry = join(folder, 'app.js');
  await writeFile(entry, code);
  const result = (await bundle({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      modulePreload: false,
      rollupOptions: { input: entry, external: react, preserveEntrySignatures: 'strict' },
    },
  })) as Rollup.RollupOutput;
  const chunk = result.output[0].code;
  return gzipSync(chunk + locales.join('\n'), { level: 9 }).length;
}
