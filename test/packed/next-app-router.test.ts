import { join } from 'node:path';
import { chatAnswer, errorAnswer, type FakeProvider, fakeProvider } from '@kilotoken/core/testing';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { startChromium } from '../../packages/react-widget/test/browser/chromium.ts';
import { servedProcess, type ServedProcess } from '../served-process.ts';
import { type FreshApp, freshApp } from './fresh-app.ts';

const example = join(import.meta.dirname, '../../examples/next-app-router');
const packages = inject('packages').filter(({ name }) => /core|react-widget/.test(name));

let app: FreshApp;
let provider: FakeProvider;
let served: ServedProcess;

/** As somebody would who copied the example: installed, built and started by its own script. */
beforeAll(async () => {
  app = await freshApp([example], packages);
  provider = await fakeProvider();
  served = await servedProcess(['npm', 'start'], app.folder, {
    PORT: '0',
    OPENAI_BASE_URL: provider.baseURL,
    OPENAI_API_KEY: 'test',
    NEXT_TELEMETRY_DISABLED: '1',
    CI: '1',
  });
}, 600_000);
afterAll(async () => {
  await served?.[Symbol.asyncDispose]();
  await provider?.close();
  await app?.[Symbol.asyncDispose]();
});
beforeEach(() => provider.reset());

test('an answer streams with its usage; the endpoint and the next page from the server show it, to its guest only', async () => {
  const ada = await guest();
  expect(shownIn(ada.html)).toBe('No usage yet');
  const wire = await (await ada.say('one two three')).text();
  const used = Number(provider.requests[0]?.reportedUsage?.['total_tokens']);
  expect(wire).toContain('"delta":{"content":"You"}');
  expect(wire).toMatch(new RegExp(`"kilotoken":.*"add":{"total":${used},.*\\n\\ndata: \\[DONE\\]\\n\\n$`));
  await expect.poll(() => ada.total()).toBe(used);
  expect(shownIn(await ada.page())).toBe(`${used} tokens`);
  expect(await (await guest()).total()).toBe(0);
});

test('a guest that leaves stops the answer, and after() stores what it used', async () => {
  provider.enqueue(chatAnswer({ tokens: ['Half', ' of', ' it'], stall: { afterEvents: 3 } }));
  const ada = await guest();
  const leave = new AbortController();
  const reader = (await ada.say('hello', leave.signal)).body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes(' of')) text += (await reader.read()).value;
  leave.abort();
  await provider.requests[0]?.finished;
  expect(provider.requests[0]?.aborted).toBe(true);
  await expect.poll(() => ada.total()).toBeGreaterThan(0);
});

test('no cookie is 401, no message 400, a provider that refuses 502 without its words', async () => {
  provider.enqueue(errorAnswer({ status: 401, message: 'Incorrect API key: secret' }));
  const ada = await guest();
  const nobody = await fetch(`${served.url}/api/chat`, { method: 'POST', body: form('hello') });
  const answers = [nobody, await ada.say(' '), await ada.post('/api/chat', 'x'), await ada.say('hello')];
  expect(answers.map(({ status }) => status)).toEqual([401, 400, 400, 502]);
  expect(await answers[3]?.text()).toBe('the model did not answer');
  expect((await fetch(`${served.url}/api/usage`)).status).toBe(401);
  expect(provider.requests).toHaveLength(1);
});

test('in a browser the total moves with the answer, without a reload and without a complaint', async () => {
  const browser = await startChromium();
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    let loads = 0;
    page.on('load', () => (loads += 1));
    await page.goto(served.url);
    const usage = { prompt_tokens: 1400, completion_tokens: 41, total_tokens: 1441 };
    provider.enqueue(chatAnswer({ text: 'Three rivers', usage }));
    await page.getByLabel('Message').fill('Name some');
    await page.keyboard.press('Enter');
    await page.getByText('Three rivers').waitFor();
    await page.locator('[data-kt=value]').filter({ hasText: '1.4K tokens' }).waitFor();
    expect({ loads, complaints }).toEqual({ loads: 1, complaints: [] });
  } finally {
    await browser.close();
  }
});

test('told to stop right after an answer, it has stored it, and all before it', async () => {
  const before = await stored(app);
  const ada = await guest();
  await (await ada.say('the last one')).text();
  await served.stop('SIGTERM');
  const used = Number(provider.requests[0]?.reportedUsage?.['total_tokens']);
  expect(await stored(app)).toEqual({ calls: before.calls + 1, tokens: before.tokens + used });
  expect(served.lines.filter((line) => /error/i.test(line))).toEqual([]);
});

/** A browser: it keeps the cookie that the page sets. */
async function guest() {
  const first = await fetch(served.url);
  const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const post = (path: string, body: FormData | string, signal?: AbortSignal): Promise<Response> =>
    fetch(served.url + path, { method: 'POST', headers: { cookie }, body, ...(signal && { signal }) });
  const get = (path: string): Promise<Response> => fetch(served.url + path, { headers: { cookie } });
  return {
    html: await first.text(),
    post,
    say: (message: string, signal?: AbortSignal) => post('/api/chat', form(message), signal),
    page: async () => (await get('/')).text(),
    total: async () => ((await (await get('/api/usage')).json()) as { total: number }).total,
  };
}

/** The total in the HTML, before any script has run. */
function shownIn(html: string): string | undefined {
  return /data-kt="value">(.*?)<\/button>/.exec(html)?.[1]?.replaceAll(/<[^>]*>/g, '');
}

function form(message: string): FormData {
  const data = new FormData();
  data.set('message', message);
  return data;
}

/** What another process finds in the database. */
async function stored({ node }: FreshApp): Promise<{ calls: number; tokens: number }> {
  const code = `import { sqliteStore } from '@kilotoken/core';
    const store = sqliteStore({ path: 'usage.db' });
    const { calls, tokens } = await store.totals({});
    console.log(JSON.stringify({ calls, tokens: tokens.totalTokens }));
    await store.close();`;
  return JSON.parse(await node(['--input-type=module', '--eval', code])) as { calls: number; tokens: number };
}
