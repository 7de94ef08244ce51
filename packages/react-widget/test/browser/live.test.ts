import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { UsageSnapshot, UsageStore } from '../../src/core.ts';
import { usageChunk, usageSnapshot } from '../store/usage-server.ts';
import { builtPage } from './built-page.ts';
import type { BuiltPage } from './built-page.ts';
import { startChromium } from './chromium.ts';

declare const store: UsageStore;
declare const errors: readonly string[];
declare const renders: { meter: number; app: number };

const quota = { unit: 'tokens', used: 1200, limit: 2000 } as const;
let site: BuiltPage;
let browser: Browser;
let page: Page;
let answer: { status: number; body: UsageSnapshot };
let requests = 0;

const api = (_: IncomingMessage, response: ServerResponse): void => {
  requests += 1;
  const [status, body] = [answer.status, JSON.stringify(answer.body)];
  response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '0' }).end(body);
};

beforeAll(async () => {
  site = await builtPage({ root: 'test/browser/live', api });
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});
beforeEach(async () => {
  requests = 0;
  answer = { status: 200, body: usageSnapshot({ rev: 1, quota }) };
  page = await (await browser.newContext({ viewport: { width: 500, height: 700 } })).newPage();
});
afterEach(() => page.context().close());

const value = () => page.locator('[data-kt=value]');
const shows = (text: string) =>
  page.waitForFunction((wanted) => document.querySelector('[data-kt=value]')?.textContent === wanted, text);
const focused = () =>
  page.evaluate(() => document.activeElement?.getAttribute('data-kt') ?? document.activeElement?.id);

describe('the keyboard', () => {
  test('opens the panel with focus in it, and Escape gives focus back', async () => {
    await page.goto(site.url);
    await shows('1.2K tokens');
    await page.focus('#before');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('trigger');
    const outlines = ['', '::after'].map((part) =>
      page.locator('[data-kt=trigger]').evaluate((element, name) => getComputedStyle(element, name).outlineStyle, part),
    );
    expect(await Promise.all(outlines), 'one ring, round the whole card').toEqual(['none', 'solid']);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-kt') === 'panel');
    expect(await page.locator('[data-kt=trigger]').getAttribute('aria-expanded')).toBe('true');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('refresh');
    await page.keyboard.press('Escape');
    await page.waitForSelector('[data-kt=panel]', { state: 'hidden' });
    expect(await focused()).toBe('trigger');
    await page.waitForSelector('[data-kt=trigger][aria-expanded=false]');
  });

  test('closes the panel with Escape and nothing round it', async () => {
    await page.goto(site.url);
    await shows('1.2K tokens');
    const heard = await page.evaluateHandle(() => {
      const keys: string[] = [];
      // As dialogs of Radix, Base UI and Headless UI listen.
      document.addEventListener('keydown', ({ key }) => void keys.push(key), { capture: true });
      addEventListener('keydown', ({ key }) => void keys.push(key));
      return keys;
    });
    await page.click('[data-kt=trigger]');
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-kt') === 'panel');
    await page.keyboard.press('Escape');
    await page.waitForSelector('[data-kt=panel]', { state: 'hidden' });
    await page.waitForSelector('[data-kt=trigger][aria-expanded=false]');
    expect(await heard.jsonValue()).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await heard.jsonValue(), 'the next one is for the others').toEqual(['Escape', 'Escape']);
  });

  test('closes the panel by itself: to WebKit, Escape means the native dialog round it as well', async () => {
    await page.goto(site.url);
    await shows('1.2K tokens');
    const keys = await page.evaluateHandle(() => {
      const heard: Event[] = [];
      addEventListener('keydown', (event) => void heard.push(event), { capture: true });
      return heard;
    });
    await page.click('[data-kt=trigger]');
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-kt') === 'panel');
    await page.keyboard.press('Shift');
    await page.keyboard.press('Escape');
    await page.waitForSelector('[data-kt=panel]', { state: 'hidden' });
    expect(await keys.evaluate((heard) => heard.map(({ defaultPrevented }) => defaultPrevented))).toEqual([
      false,
      true,
    ]);
  });

  test('leaves focus where it is when that has left the panel', async () => {
    await page.goto(site.url);
    await shows('1.2K tokens');
    await page.click('[data-kt=trigger]');
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-kt') === 'panel');
    await page.focus('#before');
    await page.keyboard.press('Escape');
    await page.waitForSelector('[data-kt=panel]', { state: 'hidden' });
    expect(await focused()).toBe('before');
  });

  test('gives focus back in a shadow tree too', async () => {
    await page.goto(`${site.url}?shadow`);
    await page.click('[data-kt=trigger]');
    const focusedInside = () =>
      page.evaluate(() => document.querySelector('#app')?.shadowRoot?.activeElement?.getAttribute('data-kt'));
    await page.waitForSelector('[data-kt=refresh]', { state: 'visible' });
    await expect.poll(focusedInside).toBe('panel');
    await page.keyboard.press('Escape');
    await page.waitForSelector('[data-kt=panel]', { state: 'hidden' });
    expect(await focusedInside()).toBe('trigger');
  });

  test('closes the panel where there are no popovers', async () => {
    await page.addInitScript(() => {
      for (const name of ['togglePopover', 'showPopover', 'hidePopover', 'popover']) {
        Reflect.deleteProperty(HTMLElement.prototype, name);
      }
      Reflect.deleteProperty(HTMLButtonElement.prototype, 'popoverTargetElement');
    });
    await page.goto(site.url);
    await shows('1.2K tokens');
    await page.click('[data-kt=trigger]');
    await page.waitForSelector('[data-kt=trigger][aria-expanded=true]');
    await page.keyboard.press('Escape');
    await page.waitForSelector('[data-kt=trigger][aria-expanded=false]');
  });

  test('reaches the link that the app shows at the limit', async () => {
    answer.body = usageSnapshot({ total: 2400, quota: { ...quota, used: 2400 } });
    await page.goto(site.url);
    await page.click('text=Upgrade');
    expect(page.url()).toMatch(/#plans$/);
  });
});

describe('the panel', () => {
  test('closes by a click elsewhere and by a second click on the card', async () => {
    await page.goto(site.url);
    await shows('1.2K tokens');
    const panel = page.locator('[data-kt=panel]');
    for (const close of [() => page.mouse.click(450, 650), () => page.click('[data-kt=trigger]')]) {
      await page.click('[data-kt=trigger]');
      await panel.waitFor({ state: 'visible' });
      await close();
      await panel.waitFor({ state: 'hidden' });
    }
  });

  test.for(['ltr', 'rtl'])(
    'begins where a card that is %s does, on a page of the other direction',
    async (direction) => {
      await page.goto(site.url);
      await shows('1.2K tokens');
      await page.evaluate((dir) => {
        document.documentElement.dir = dir === 'rtl' ? 'ltr' : 'rtl';
        (document.querySelector('[data-kt=root]') as HTMLElement).dir = dir;
      }, direction);
      await page.click('[data-kt=trigger]');
      await page.waitForSelector('[data-kt=refresh]', { state: 'visible' });
      const [panel, card] = await page.evaluate(
        (dir) =>
          ['panel', 'root'].map((name) => {
            const { left, right } = (document.querySelector(`[data-kt=${name}]`) as Element).getBoundingClientRect();
            return dir === 'rtl' ? innerWidth - right : left;
          }),
        direction,
      );
      expect(panel).toBeCloseTo(Math.min(card!, 500 - 20.5 * 16), 0);
    },
  );

  test.for([700, 200])('is inside of a window %s px high on a page that is zoomed', async (windowHeight) => {
    await page.setViewportSize({ width: 400, height: windowHeight });
    await page.goto(site.url);
    await shows('1.2K tokens');
    await page.evaluate(() => document.body.style.setProperty('zoom', '1.5'));
    await page.click('[data-kt=trigger]');
    await page.waitForSelector('[data-kt=refresh]', { state: 'visible' });
    const { x = -1, y = -1, width = 0, height = 0 } = (await page.locator('[data-kt=panel]').boundingBox()) ?? {};
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x + width).toBeLessThanOrEqual(400);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y + height).toBeLessThanOrEqual(windowHeight);
  });

  test('has the word of its button in one piece, though the text is large', async () => {
    await page.setViewportSize({ width: 320, height: 700 });
    await page.goto(site.url);
    await shows('1.2K tokens');
    await page.evaluate(() => (document.documentElement.style.fontSize = '250%'));
    await page.click('[data-kt=trigger]');
    const button = page.locator('[data-kt=refresh]');
    await button.waitFor({ state: 'visible' });
    const lines = await button.evaluate((element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return range.getClientRects().length;
    });
    expect(lines).toBe(1);
    const beyond = () => page.locator('[data-kt=panel]').evaluate((panel) => panel.scrollWidth - panel.clientWidth);
    expect(await beyond()).toBe(0);
    await button.evaluate((element) => (element.textContent = 'Ask once more how much it is'));
    expect(await beyond(), 'several words of the app').toBe(0);
  });

  test('opens by touch, inside of the window at 320 px, and upwards at its bottom', async () => {
    await page.close();
    page = await browser.newPage({ viewport: { width: 320, height: 420 }, hasTouch: true });
    await page.goto(site.url);
    await shows('1.2K tokens');
    for (const place of ['', 'bottom']) {
      await page.evaluate(
        (name) => (document.querySelector('#app') as Element).classList.add(...name.split(' ').filter(Boolean)),
        place,
      );
      await page.tap('[data-kt=trigger]');
      await page.waitForSelector('[data-kt=refresh]', { state: 'visible' });
      const [panel, root] = await page.evaluate(() =>
        ['panel', 'root'].map(
          (name) => document.querySelector(`[data-kt=${name}]`)?.getBoundingClientRect().toJSON() as DOMRect,
        ),
      );
      expect([panel!.left >= 0, panel!.right <= 320, panel!.top >= 0, panel!.bottom <= 420]).toEqual([
        true,
        true,
        true,
        true,
      ]);
      expect(place === '' ? panel!.top >= root!.bottom : panel!.bottom <= root!.top).toBe(true);
      await page.keyboard.press('Escape');
      await page.waitForSelector('[data-kt=panel]', { state: 'hidden' });
    }
  });
});

test.for(['inline-flex', 'inline-block', 'table-cell'])(
  'a card where width comes from content (%s) has one',
  async (display) => {
    await page.goto(site.url);
    await shows('1.2K tokens');
    const widths = await page.evaluate((how) => {
      document.body.style.display = 'block';
      Object.assign((document.querySelector('#app') as HTMLElement).style, { display: how, inlineSize: 'auto' });
      return ['value', 'bar'].map((name) => document.querySelector(`[data-kt=${name}]`)?.getBoundingClientRect().width);
    }, display);
    for (const width of widths) expect(width).toBeGreaterThan(60);
  },
);

test('a card in a column of a grid is no wider than the column', async () => {
  await page.goto(site.url);
  await shows('1.2K tokens');
  const width = await page.evaluate(() => {
    const grid = (document.querySelector('#app') as HTMLElement).style;
    Object.assign(grid, { display: 'grid', gridTemplateColumns: '1fr 1fr', inlineSize: '240px' });
    return document.querySelector('[data-kt=root]')?.getBoundingClientRect().width;
  });
  expect(width).toBe(120);
});

describe('a card too narrow for tokens and cost', () => {
  test.for([
    [240, true],
    [140, false],
  ] as const)('of %i px has the whole number, and the cost as a whole or not at all', async ([width, isCostSeen]) => {
    answer.body = usageSnapshot({ cost: { amount: '1234567.5', currency: 'USD', complete: true } });
    await page.goto(site.url);
    await shows('1.2K tokens');
    const seen = await page.evaluate((px) => {
      (document.querySelector('#app') as HTMLElement).style.inlineSize = `${px}px`;
      return ['value', 'cost'].map((name) => {
        const part = document.querySelector(`[data-kt=${name}]`) as Element;
        const { top, height } = part.getBoundingClientRect();
        const trigger = (part.parentElement as Element).getBoundingClientRect();
        return [part.scrollWidth <= part.clientWidth, top + height <= trigger.bottom + 1];
      });
    }, width);
    expect(seen).toEqual([
      [true, true],
      [expect.anything(), isCostSeen],
    ]);
    await page.mouse.click(width / 2, (await page.locator('[data-kt=meta]').boundingBox())!.y);
    await page.waitForSelector('[data-kt=refresh]', { state: 'visible' });
  });
});

describe('a panel without content', () => {
  test('is laid out while it is open: WebKit leaves out one that was not when its content comes', async () => {
    await page.goto(site.url);
    await shows('1.2K tokens');
    await page.click('[data-kt=trigger]');
    await page.waitForSelector('[data-kt=refresh]', { state: 'visible' });
    const look = await page.locator('[data-kt=panel]').evaluate((panel) => {
      panel.replaceChildren();
      const { display, visibility } = getComputedStyle(panel);
      return [display, visibility];
    });
    expect(look).toEqual(['block', 'hidden']);
  });

  test('takes no room where there are no popovers', async () => {
    await page.goto(site.url);
    await shows('1.2K tokens');
    const heights = await page.locator('[data-kt=root]').evaluate((root) => {
      const before = root.scrollHeight;
      root.querySelector('[data-kt=panel]')?.removeAttribute('popover');
      return [before, root.scrollHeight];
    });
    expect(heights[1]).toBe(heights[0]);
  });
});

describe('on React 18', () => {
  test('the panel opens with its content and focus in it, and closes', async () => {
    const older = await builtPage({ root: 'test/browser/live', react: 18, api });
    await page.goto(older.url);
    await shows('1.2K tokens');
    await page.click('[data-kt=trigger]');
    await page.waitForSelector('[data-kt=refresh]', { state: 'visible' });
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-kt') === 'panel');
    expect(await page.locator('[data-kt=trigger]').getAttribute('aria-expanded')).toBe('true');
    await page.keyboard.press('Escape');
    await page.waitForSelector('[data-kt=panel]', { state: 'hidden' });
    await page.waitForSelector('[data-kt=trigger][aria-expanded=false]');
    await older.close();
  });
});

describe('in a browser without anchors', () => {
  test('the panel is in the middle of the window', async () => {
    await page.goto(site.url);
    await shows('1.2K tokens');
    const removed = await page.evaluate(() => {
      let count = 0;
      for (const sheet of document.styleSheets) {
        for (let index = sheet.cssRules.length - 1; index >= 0; index -= 1) {
          if (!(sheet.cssRules[index] instanceof CSSSupportsRule)) continue;
          sheet.deleteRule(index);
          count += 1;
        }
      }
      return count;
    });
    expect(removed).toBe(1);
    await page.click('[data-kt=trigger]');
    await page.waitForSelector('[data-kt=refresh]', { state: 'visible' });
    const { x = 0, y = 0, width = 0, height = 0 } = (await page.locator('[data-kt=panel]').boundingBox()) ?? {};
    expect([x + width / 2, y + height / 2].map(Math.round)).toEqual([250, 350]);
  });
});

test('the panel breaks long names on a page that breaks no lines', async () => {
  answer.body = usageSnapshot({ models: [{ model: 'a-model-of-a-long-name-'.repeat(9), total: 900 }] });
  await page.goto(site.url);
  await shows('1.2K tokens');
  await page.evaluate(() => (document.body.style.whiteSpace = 'nowrap'));
  await page.click('[data-kt=trigger]');
  await page.waitForSelector('[data-kt=refresh]', { state: 'visible' });
  const beyond = await page.locator('[data-kt=panel]').evaluate((panel) => panel.scrollWidth - panel.clientWidth);
  expect(beyond).toBe(0);
});

describe('a panel that is higher than the window', () => {
  test('is inside of it, scrolls to its end, and stays there when the page scrolls', async () => {
    await page.setViewportSize({ width: 320, height: 120 });
    await page.goto(site.url);
    await shows('1.2K tokens');
    await page.click('[data-kt=trigger]');
    await page.waitForSelector('[data-kt=refresh]', { state: 'visible' });
    const panel = page.locator('[data-kt=panel]');
    const place = () =>
      panel.evaluate(({ scrollTop, scrollHeight, clientHeight }) => [scrollTop, scrollHeight - clientHeight]);
    const { y = -1, height = 0 } = (await panel.boundingBox()) ?? {};
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y + height).toBeLessThanOrEqual(120);
    const [, hidden = 0] = await place();
    expect(hidden).toBeGreaterThan(20);
    await panel.hover();
    await page.mouse.wheel(0, 1000);
    await page.waitForFunction((end) => (document.querySelector('[data-kt=panel]')?.scrollTop ?? 0) >= end - 1, hidden);
    await page.evaluate(() => dispatchEvent(new Event('scroll')));
    await page.evaluate(() => new Promise(requestAnimationFrame));
    expect((await place())[0]).toBeGreaterThanOrEqual(hidden - 1);
  });
});

describe('the meter', () => {
  test('is outside of the button and says what it shows', async () => {
    await page.goto(site.url);
    await shows('1.2K tokens');
    const meter = page.getByRole('meter');
    expect(await meter.getAttribute('aria-valuenow')).toBe('60');
    expect(await meter.getAttribute('aria-valuetext')).toBe('60% of quota. 800 left');
    expect(await page.locator('button [role=meter]').count()).toBe(0);
    const session = await page.context().newCDPSession(page);
    const { nodes } = await session.send('Accessibility.getFullAXTree');
    const properties = nodes.find(({ role }) => role?.value === 'meter')?.properties ?? [];
    const range = properties
      .filter(({ name }) => /^value(min|max)$/.test(name))
      .map(({ value: { value: end } }) => end);
    expect(range, 'without a word about it').toEqual([0, 100]);
  });

  test('over the limit stays at its end, and the text tells the truth', async () => {
    answer.body = usageSnapshot({ total: 2400, quota: { ...quota, used: 2400 } });
    await page.goto(site.url);
    await shows('2.4K tokens');
    expect(await page.getByRole('meter').getAttribute('aria-valuenow')).toBe('100');
    expect(await page.locator('[data-kt=meta]').textContent()).toContain('Limit reached · 120%');
  });

  test('does not exist without a quota', async () => {
    answer.body = usageSnapshot();
    await page.goto(site.url);
    await shows('1.2K tokens');
    expect(await page.getByRole('meter').count()).toBe(0);
  });
});

describe('a frame', () => {
  test('is on screen within one animation frame, renders the widget once and the app not at all', async () => {
    await page.goto(site.url);
    await shows('1.2K tokens');
    // React subscribes after it has painted, on a busy machine well after.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100))));
    const result = await page.evaluate(
      (chunk) =>
        new Promise<{ text: string | null | undefined; meter: number; app: number }>((resolve) => {
          const before = { ...renders };
          store.apply(chunk);
          requestAnimationFrame(() => {
            const text = document.querySelector('[data-kt=value]')?.textContent;
            resolve({ text, meter: renders.meter - before.meter, app: renders.app - before.app });
          });
        }),
      usageChunk('m1', 800, { rev: 2 }),
    );
    expect(result).toEqual({ text: '2K tokens', meter: 1, app: 0 });
  });

  test('over a threshold is announced, politely and once', async () => {
    await page.goto(site.url);
    await shows('1.2K tokens');
    const live = page.locator('[role=status]');
    expect(await live.textContent()).toBe('');
    await page.evaluate((chunk) => store.apply(chunk), usageChunk('m1', 400, { rev: 2 }));
    await shows('1.6K tokens');
    expect(await live.textContent()).toBe('400 left');
    await page.evaluate(() => void ((document.querySelector('[role=status]') as Element).textContent = ''));
    await page.evaluate((chunk) => store.apply(chunk), usageChunk('m2', 100, { rev: 3 }));
    await shows('1.7K tokens');
    expect(await live.textContent()).toBe('');
  });

  test('in one tab is seen in the other', async () => {
    const other = await page.context().newPage();
    for (const tab of [page, other]) await tab.goto(site.url);
    for (const tab of [page, other]) await tab.waitForSelector('[data-state=ok]');
    await page.evaluate((chunk) => store.apply(chunk), usageChunk('m1', 800, { rev: 2, total: 2000 }));
    await other.waitForFunction(() => document.querySelector('[data-kt=value]')?.textContent === '2K tokens');
    await other.close();
  });
});

describe('logout in one tab', () => {
  test.for([
    [401, 'unauthorized'],
    [200, 'ready'],
  ] as const)('lets the others ask, and %i says whether they are out too', async ([status, expected]) => {
    const other = await page.context().newPage();
    for (const tab of [page, other]) await tab.goto(site.url);
    for (const tab of [page, other]) await tab.waitForSelector('[data-state=ok]');
    requests = 0;
    answer.status = status;
    await page.evaluate(() => store.reset());
    await expect.poll(() => requests).toBe(1);
    await expect.poll(() => other.evaluate(() => store.get().status)).toBe(expected);
    expect(await page.evaluate(() => store.get().status)).toBe('unauthorized');
    expect(await other.evaluate(() => errors.length)).toBe(status === 401 ? 1 : 0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(requests, 'nobody asks again because of that').toBe(1);
    await other.close();
  });
});

describe('coming back', () => {
  test('to the page asks again, but not twice within two seconds', async () => {
    await page.clock.install();
    await page.goto(site.url);
    await shows('1.2K tokens');
    await page.evaluate(() => dispatchEvent(new Event('focus')));
    expect(requests).toBe(1);
    await page.clock.fastForward(2001);
    answer.body = usageSnapshot({ rev: 2, total: 1300 });
    await page.evaluate(() => {
      dispatchEvent(new Event('focus'));
      dispatchEvent(new Event('online'));
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await shows('1.3K tokens');
    expect(requests).toBe(2);
  });

  test('asks again although the clock was set back meanwhile', async () => {
    await page.clock.install({ time: '2026-11-30T12:00:00Z' });
    await page.goto(site.url);
    await shows('1.2K tokens');
    answer.body = usageSnapshot({ rev: 2, total: 1300 });
    await page.clock.setSystemTime('2026-11-30T11:00:00Z');
    await page.evaluate(() => dispatchEvent(new Event('focus')));
    await shows('1.3K tokens');
  });

  test('of the period asks again by itself when the counters start anew', async () => {
    const now = Date.now();
    const iso = (ms: number) => new Date(now + ms).toISOString();
    await page.clock.install({ time: now });
    answer.body = usageSnapshot({ period: { kind: 'month', start: iso(-1e6), resetsAt: iso(3_600_000) } });
    await page.goto(site.url);
    await shows('1.2K tokens');
    answer.body = usageSnapshot({
      rev: 2,
      total: 0,
      counts: { input: 0, output: 0 },
      period: { start: iso(3_600_000) },
    });
    await page.clock.fastForward(3_610_000);
    await shows('No usage yet');
    expect(requests).toBe(2);
  });
});

describe('an endpoint that is down', () => {
  test('shows an error whose button asks again, keeps focus there, and tells of the recovery', async () => {
    answer.status = 404;
    await page.goto(`${site.url}?strict`);
    await shows('Could not load usage');
    expect(await page.locator('[role=status]').textContent()).toBe('Could not load usage');
    answer.status = 200;
    await page.focus('[data-kt=trigger]');
    await page.keyboard.press('Enter');
    await shows('1.2K tokens');
    expect(await focused()).toBe('trigger');
    expect(await page.locator('[role=status]').textContent()).toBe('1.2K tokens');
  });

  test('leaves the last numbers, marked as old', async () => {
    await page.goto(site.url);
    await shows('1.2K tokens');
    answer.status = 404;
    await page.evaluate(() => store.refresh());
    await page.waitForSelector('[data-kt=root][data-stale]');
    expect(await value().textContent()).toBe('1.2K tokens');
    expect(await page.locator('[data-kt=meta]').textContent()).toBe('Offline – last known usage');
  });

  test('that says 401 makes the widget vanish', async () => {
    answer.status = 401;
    await page.goto(site.url);
    await page.waitForFunction(() => store.get().status === 'unauthorized');
    await page.waitForSelector('[data-kt=root]', { state: 'detached' });
    expect(requests).toBe(1);
  });
});
