import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startChromium } from '../../../packages/react-widget/test/browser/chromium.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const main = join(import.meta.dirname, '../src/main.ts');

let folder: string;
let demo: ChildProcess;
let printed = '';
let browser: Browser;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kilotoken-demo-'));
  browser = await startChromium();
  demo = spawn(process.execPath, ['--conditions=@kilotoken/source', main, '--data', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  demo.stdout?.on('data', (data: Buffer) => (printed += data.toString()));
  await until(() => address() !== undefined && printed.includes('Running totals'));
});
afterAll(async () => {
  await browser?.close();
  demo?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  complaints = [];
  page = await browser.newPage({ viewport: { width: 1000, height: 640 }, locale: 'en-US', colorScheme: 'light' });
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => console.error(`csp: ${event.violatedDirective}`));
  });
  await page.goto(address() ?? '');
  await page.waitForSelector('[data-kt=bar][role=meter]');
});
afterEach(async () => {
  checkSilence();
  await page.close();
});

function checkSilence(): void {
  expect(complaints).toEqual([]);
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await once(demo.stdout as NodeJS.EventEmitter, 'data');
}

function address(): string | undefined {
  return /with the widget: (?<url>http:\/\/127\.0\.0\.1:\d+\/)\n/.exec(printed)?.groups?.['url'];
}

/** The number in front of "tokens"; the demo's are too small to be abbreviated. */
async function shownTotal(): Promise<number> {
  return Number.parseInt((await page.locator('[data-kt=value]').textContent()) ?? '', 10);
}

/** What the terminal says of a user at the end of its output. */
function printedTotal(userId: string): number {
  const lines = [...printed.matchAll(new RegExp(`^  ${userId} .* (?<tokens>\\d+) tokens`, 'gm'))];
  return Number(lines.at(-1)?.groups?.['tokens']);
}

async function ask(question: string): Promise<void> {
  const replies = await page.locator('[data-kt=message]').count();
  await page.getByRole('textbox').fill(question);
  await page.keyboard.press('Enter');
  await page.locator('[data-kt=message]').nth(replies).waitFor();
}

describe('the page of the demo', () => {
  it('is for its own address only, and no address ends the demo', async () => {
    const statusOf = (path: string, host: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const { port } = new URL(address() ?? '');
        const asked = get({ host: '127.0.0.1', port, path, headers: { host: `${host}:${port}` } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        asked.on('error', reject);
      });
    expect(await statusOf('//', 'localhost')).toBe(404);
    expect(await statusOf('/', 'rebound.example')).toBe(403);
    expect(await statusOf('/?x', '127.0.0.1')).toBe(200);
  });

  it('adds a message to the total of who sent it, and to nobody else’s', async () => {
    const before = await shownTotal();
    await ask('When do I plant tomatoes?');
    await page.waitForFunction(
      (total) => !document.querySelector('[data-kt=value]')?.textContent?.startsWith(`${total} `),
      before,
    );
    await page.waitForSelector('[data-kt=root]:not([data-pending])');
    const badge = Number.parseInt((await page.locator('.messages [data-kt=message]').first().textContent()) ?? '', 10);
    expect(badge).toBeGreaterThan(0);
    expect(await shownTotal()).toBe(before + badge);
    await until(() => printedTotal('alice') === before + badge);

    await page.getByRole('button', { name: 'Bob' }).click();
    await page.waitForFunction(
      (total) => document.querySelector('[data-kt=value]')?.textContent === total,
      `${printedTotal('bob')} tokens`,
    );
    expect(await page.locator('.messages li').count()).toBe(0);
  });

  it('speaks the language that is chosen, in its direction, and is dark where that is wanted', async () => {
    const text = () => page.locator('[data-kt=meta]').textContent();
    expect(await text()).toMatch(/% of quota$/);
    const [language, theme] = [page.getByRole('combobox').first(), page.getByRole('combobox').nth(1)];
    for (const [tag, words] of [
      ['ru', /квоты$/],
      ['zh', /^已用额度/],
      ['es', /de la cuota$/],
      ['ar', /من الحصة$/],
    ] as const) {
      await language.selectOption(tag);
      expect(await text()).toMatch(words);
      expect(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir])).toEqual([
        tag,
        tag === 'ar' ? 'rtl' : 'ltr',
      ]);
    }
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    expect(await background()).toBe('rgb(255, 255, 255)');
    await theme.selectOption('dark');
    expect(await background()).toBe('rgb(20, 23, 29)');
  });

  it.for([
    ['light', 1000],
    ['dark', 360],
  ] as const)('breaks no rule of accessibility, %s and %d px wide', async ([colorScheme, width]) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 700 });
    await ask('And how much water do they need?');
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() =>
      (globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run({
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      }),
    );
    expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });

  it.for([
    ['at 320 px', { width: 320, height: 600 }, '100%'],
    ['with text at 200 %', { width: 640, height: 640 }, '200%'],
  ] as const)('fits and leaves room for the chat %s, in every language', async ([, size, fontSize]) => {
    await page.setViewportSize(size);
    await page.evaluate((value) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(`html { font-size: ${value} }`);
      document.adoptedStyleSheets = [sheet];
    }, fontSize);
    await ask('When do I plant tomatoes?');
    const found: Record<string, readonly [overflow: number, isWhole: boolean]> = {};
    for (const tag of ['en', 'ru', 'zh', 'es', 'ar']) {
      await page.getByRole('combobox').first().selectOption(tag);
      found[tag] = await page.evaluate(() => [
        document.documentElement.scrollWidth - innerWidth,
        (document.querySelector('.messages')?.clientHeight ?? 0) >= 100 &&
          (document.querySelector('aside')?.clientHeight ?? 0) >= 180,
      ]);
    }
    expect(found).toEqual({ en: [0, true], ru: [0, true], zh: [0, true], es: [0, true], ar: [0, true] });
  });

  it('counts an answer that the reader leaves, and answers nobody who is not signed in', async () => {
    const url = address() ?? '';
    const [usage, chat] = await Promise.all([
      fetch(`${url}api/usage`),
      fetch(`${url}api/chat`, { method: 'POST', body: '{"messages":[{"role":"user","content":"x"}]}' }),
    ]);
    expect([usage.status, chat.status]).toEqual([401, 400]);

    const before = printedTotal('alice');
    await page.getByRole('textbox').fill('When do I plant tomatoes?');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('li.assistant .said')?.textContent?.includes('frost'));
    await page.goto('about:blank');
    const read = async (): Promise<number> => {
      const answer = await fetch(`${url}api/usage`, { headers: { 'x-demo-user': 'alice' } });
      return ((await answer.json()) as { readonly total: number }).total;
    };
    await expect.poll(read).toBeGreaterThan(before);
  });

  it('ends with the demo on Ctrl-C', async () => {
    // The browser itself says that the page's connection broke.
    page.removeAllListeners('console');
    demo.kill('SIGINT');
    await until(() => printed.includes('Had nobody asked'));
    const [code] = demo.exitCode === null ? ((await once(demo, 'exit')) as [number]) : [demo.exitCode];
    expect(code).toBe(0);
  });
});
