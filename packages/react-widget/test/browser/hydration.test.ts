import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build } from 'vite';
import { catalogs, plain } from '../format/locales.ts';
import { builtPage, pageConfig } from './built-page.ts';
import type { BuiltPage } from './built-page.ts';
import { startChromium } from './chromium.ts';

const zones = ['UTC', 'America/Los_Angeles', 'Pacific/Auckland'];
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; require-trusted-types-for 'script'";
let browser: Browser;
beforeAll(async () => void (browser = await startChromium()));
afterAll(() => browser?.close());

describe.for([18, 19] as const)('on React %i', (react) => {
  let site: BuiltPage;
  let folder: string;
  let markup: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kilotoken-ssr-'));
    const config = pageConfig(react);
    await build({
      ...config,
      root: join(import.meta.dirname, 'app'),
      resolve: { ...config.resolve, conditions: ['@kilotoken/source', 'node', 'development'] },
      ssr: { noExternal: true },
      build: {
        ssr: 'server.tsx',
        outDir: folder,
        minify: false,
        rollupOptions: { output: { entryFileNames: 'server.mjs' } },
      },
    });
    const server = (await import(pathToFileURL(join(folder, 'server.mjs')).href)) as { render(): string };
    markup = server.render();
    site = await builtPage({
      root: 'test/browser/app',
      react,
      csp: policy,
      html: (text, url) => {
        const body = url.searchParams.has('other') ? markup.replaceAll('1.2M tokens', '1,234K tokens') : markup;
        return text.replace('<!--app-->', () => body);
      },
      api: (_, response) => void response.writeHead(500).end(),
    });
  });
  afterAll(async () => {
    await site?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens the page in a time zone; what it complains about is collected, but for the endpoint that is down. */
  async function open(timezoneId: string, query = '') {
    const page = await browser.newPage({ timezoneId });
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() !== 'info' && !message.text().includes('status of 500')) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => console.error(`csp: ${event.violatedDirective}`));
    });
    await page.goto(site.url + query);
    await page.waitForSelector('html[data-hydrated]');
    await page.waitForFunction(() => document.querySelector('#ru [data-kt=meta] [data-kt=reset]')?.textContent !== '');
    return { page, complaints };
  }

  test('this is the React that renders', async () => {
    const { page } = await open('UTC');
    const major = await page.evaluate(() => Number.parseInt(document.documentElement.dataset['react'] ?? '', 10));
    expect(major).toBe(react);
    await page.close();
  });

  test('server markup has the numbers, and no style of its own', () => {
    expect(plain(markup)).toContain('1,2 млн токенов');
    expect(markup).not.toMatch(/\sstyle=|<style/);
  });

  test.for(zones)('in %s all languages take over the server markup without a word', async (zone) => {
    const { page, complaints } = await open(zone);
    const day = zone.startsWith('America') ? 'Nov 30 ↻' : 'Dec 1 ↻';
    await page.waitForFunction((text) => document.querySelector('#en [data-kt=reset]')?.textContent === text, day);
    expect(await page.locator('[data-kt=root]').count()).toBe(catalogs.size + 1);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('text that the server wrote by other rules is replaced, without a word', async () => {
    expect(markup).toContain('1.2M tokens');
    const { page, complaints } = await open('UTC', '?other');
    await page.waitForFunction(() => document.querySelector('#en [data-kt=value]')?.textContent === '1.2M tokens');
    expect(complaints).toEqual([]);
    await page.close();
  });
});
