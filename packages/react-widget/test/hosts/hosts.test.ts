import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChromium } from '../browser/chromium.ts';

const run = promisify(execFile);
const source = join(import.meta.dirname, '../..');

/** Installs come from the registry, and some take a minute: of four apps three run with the long tests. */
const isFull = process.env['KILOTOKEN_FULL'] === '1';

describe('the packed widget in an app of', () => {
  let folder: string;
  let tarball: string;
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kilotoken-hosts-'));
    const packed = join(folder, 'package');
    const tsup = join(createRequire(import.meta.url).resolve('tsup/package.json'), '../dist/cli-default.js');
    await run(process.execPath, [tsup, '--out-dir', join(packed, 'dist'), '--no-dts', '--silent'], { cwd: source });
    await cp(join(source, 'src'), join(packed, 'src'), { recursive: true });
    await cp(join(source, 'package.json'), join(packed, 'package.json'));
    await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: packed });
    const { version } = JSON.parse(await readFile(join(packed, 'package.json'), 'utf8')) as { version: string };
    tarball = join(folder, `kilotoken-react-widget-${version}.tgz`);
    browser = await startChromium();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  const vite = [
    ['vite/bin/vite.js', 'build'],
    ['vite/bin/vite.js', 'preview', '--host', 'localhost', '--port'],
  ] as const;
  const apps: readonly (readonly [
    name: string,
    build: readonly string[],
    serve: readonly string[],
    text: string,
    radius?: string,
  ])[] = [
    ['vite', ...vite, '1,2 M de tokens'],
    ['next', ['next/dist/bin/next', 'build'], ['next/dist/bin/next', 'start', '-p'], '1,4 млн токенов'],
    ['tailwind', ...vite, '1.2M tokens', '12px'],
    ['mui', ...vite, '1.2M tokens'],
  ];

  test.for(apps)(
    '%s is built, looks right and prints nothing',
    { timeout: 400_000 },
    async ([name, build, serve, text, radius = '8px'], { skip }) => {
      skip(!isFull && name !== 'vite', 'runs with KILOTOKEN_FULL=1');
      const app = join(folder, name);
      await cp(join(import.meta.dirname, 'apps', name), app, { recursive: true });
      const manifest = JSON.parse(await readFile(join(app, 'package.json'), 'utf8')) as { dependencies: object };
      const dependencies = { ...manifest.dependencies, '@kilotoken/react-widget': `file:${tarball}` };
      await writeFile(join(app, 'package.json'), JSON.stringify({ ...manifest, dependencies }));
      await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--no-package-lock'], { cwd: app });
      const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], NEXT_TELEMETRY_DISABLED: '1' };
      const [tool = '', ...buildArguments] = build;
      const [server = '', ...serveArguments] = serve;
      await run(process.execPath, [join('node_modules', tool), ...buildArguments], { cwd: app, env });

      const port = await freePort();
      const host = spawn(process.execPath, [join('node_modules', server), ...serveArguments, String(port)], {
        cwd: app,
        env,
      });
      try {
        await listening(host);
        const page = await browser.newPage({ viewport: { width: 600, height: 500 } });
        const complaints: string[] = [];
        page.on('console', (message) => complaints.push(message.text()));
        page.on('pageerror', (error) => complaints.push(String(error)));
        await page.goto(`http://localhost:${port}/`);
        await page.waitForFunction(
          (wanted) => document.querySelector('[data-kt=value]')?.textContent?.replaceAll(/\s/g, ' ') === wanted,
          text,
        );
        await page.click('[data-kt=trigger]');
        await page.waitForSelector('[data-kt=refresh]', { state: 'visible' });
        const look = await page.evaluate(() => {
          const style = (part: string) => getComputedStyle(document.querySelector(`[data-kt=${part}]`) as Element);
          return [
            style('panel').borderTopWidth,
            style('panel').paddingTop,
            style('heading').fontWeight,
            style('fill').fill,
            style('root').borderRadius,
          ];
        });
        expect(look).toEqual(['1px', '12px', '600', expect.not.stringMatching(/^rgb\(0, 0, 0\)$/), radius]);
        expect(complaints).toEqual([]);
        await page.close();
      } finally {
        host.kill();
      }
    },
  );
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves when the server says its address. */
function listening(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    server.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (/ready|local:/i.test(said)) resolve();
    });
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
}
