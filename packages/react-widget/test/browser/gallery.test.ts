import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type * as server from '../../src/server.ts';
import { catalogs, plain, tokenTexts } from '../format/locales.ts';
import { builtPage } from './built-page.ts';
import type { BuiltPage } from './built-page.ts';
import { startChromium } from './chromium.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Where screenshots go to be looked at; nowhere by default. */
const shots = process.env['KILOTOKEN_SHOTS'];
const locales = ['en', 'ru', 'zh', 'es', 'ar'];
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src data:";

let site: BuiltPage;
let browser: Browser;

beforeAll(async () => {
  [site, browser] = await Promise.all([builtPage({ root: 'gallery', csp: policy }), startChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

/** Opens the gallery; what the page complains about is collected. */
async function open(query: string, options: Parameters<Browser['newPage']>[0] = {}) {
  const page = await browser.newPage({ viewport: { width: 1100, height: 900 }, bypassCSP: false, ...options });
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() !== 'info') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => console.error(`csp: ${event.violatedDirective}`));
  });
  await page.goto(`${site.url}?${query}`);
  await page.waitForSelector('[data-kt=message]');
  return { page, complaints };
}

async function violations(page: Page): Promise<readonly unknown[]> {
  // The policy of the page holds for its elements; the tool comes in through the debugger.
  await page.evaluate(axe);
  const { violations: found, incomplete } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  return [...found, ...incomplete].map(({ id, nodes }) => [id, nodes.length, nodes[0]?.html, nodes[0]?.failureSummary]);
}

describe.for(locales)('in %s', (locale) => {
  test.for(['light', 'dark'])('%s, no state breaks a rule of accessibility or the content policy', async (scheme) => {
    const { page, complaints } = await open(`locale=${locale}&scheme=${scheme}`);
    expect(await violations(page)).toEqual([]);
    if (shots !== undefined) {
      await mkdir(shots, { recursive: true });
      await page.waitForLoadState('networkidle');
      await page.screenshot({ path: join(shots, `states-${locale}-${scheme}.png`), fullPage: true });
    }
    await page.click(`#${locale}-card-ok button`);
    await page.waitForSelector(`#${locale}-card-ok [data-kt=refresh]`, { state: 'visible' });
    expect(await violations(page)).toEqual([]);
    if (shots !== undefined) await page.screenshot({ path: join(shots, `panel-${locale}-${scheme}.png`) });
    expect(complaints).toEqual([]);
    await page.close();
  });

  test.for(['card', 'line'])(
    'every state of a %s is equally high, at every width, with doubled text too',
    async (variant) => {
      const { page } = await open(`locale=${locale}&variant=${variant}`);
      for (const [width, fontSize] of [
        [1100, '100%'],
        [320, '100%'],
        [230, '100%'],
        [480, '200%'],
      ] as const) {
        await page.setViewportSize({ width, height: 900 });
        const heights = await page.evaluate((size) => {
          document.documentElement.style.fontSize = size;
          return [...document.querySelectorAll('[data-kt=root]')].map((root) => root.getBoundingClientRect().height);
        }, fontSize);
        expect(new Set(heights).size, `${width} px at ${fontSize}`).toBe(1);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow, `${width} px at ${fontSize}`).toBeLessThanOrEqual(0);
      }
      await page.close();
    },
  );
});

describe('in Chromium', () => {
  test('every number takes the same plural as in Node', async () => {
    const { page } = await open('locale=en&state=none');
    const texts = await page.evaluate(
      ({ all, cases }) => {
        const { createUsageFormat } = (globalThis as unknown as { kilotoken: typeof server }).kilotoken;
        return cases.map(([locale, count]) => createUsageFormat({ locale, messages: all }).tokens(count));
      },
      { all: [...catalogs.values()], cases: tokenTexts },
    );
    expect(texts.map(plain)).toEqual(tokenTexts.map(([, , text]) => text));
    await page.close();
  });

  test.for(['card', 'line'])('a reset of the host leaves every %s as it is', async (variant) => {
    const geometry = async (query: string) => {
      const { page } = await open(`locale=en&variant=${variant}&state=ok&state=over&${query}`);
      await page.click(`#en-${variant}-ok button`);
      await page.waitForSelector('[data-kt=refresh]', { state: 'visible' });
      const boxes = await page.evaluate(() =>
        [...document.querySelectorAll('[data-kt=root] *')].map((element) => {
          const { width, height } = element.getBoundingClientRect();
          const style = getComputedStyle(element);
          const name = element.getAttribute('data-kt') ?? element.tagName;
          const { fontSize, fontWeight, color, borderTopWidth, backgroundColor, textTransform, boxShadow } = style;
          const look = [fontSize, fontWeight, color, borderTopWidth, backgroundColor, textTransform, boxShadow];
          return [name, width, height, ...look].join(' ');
        }),
      );
      await page.close();
      return boxes;
    };
    expect(await geometry('reset')).toEqual(await geometry(''));
  });

  test('of many widgets each has its panel below itself', async () => {
    const { page } = await open('locale=en&variant=card&state=empty&state=ok&state=near');
    for (const state of ['near', 'empty', 'ok']) {
      const id = `#en-card-${state}`;
      await page.click(`${id} button`);
      await page.waitForSelector(`${id} [data-kt=refresh]`, { state: 'visible' });
      const gap = await page.evaluate((root) => {
        const box = (selector: string) => (document.querySelector(selector) as Element).getBoundingClientRect();
        const [card, panel] = [box(root), box(`${root} [data-kt=panel]`)];
        return [panel.left - card.left, panel.top - card.bottom];
      }, id);
      expect(gap, state).toEqual([0, 8]);
    }
    await page.close();
  });

  test('a message in a list that scrolls makes nothing else scroll', async () => {
    const { page } = await open('locale=en&state=none');
    const grown = await page.evaluate(() => {
      const { scrollHeight } = document.documentElement;
      const list = document.createElement('div');
      const spacer = document.createElement('div');
      Object.assign(list.style, { overflow: 'auto', blockSize: '0' });
      spacer.style.blockSize = '5000px';
      const badge = document.querySelector('[data-kt=message]') as Element;
      list.append(spacer, badge.cloneNode(true));
      document.body.append(list);
      return document.documentElement.scrollHeight - scrollHeight;
    });
    expect(grown).toBe(0);
    await page.close();
  });

  test.for(['light', 'dark'])('the fill stands out from its track on a %s page', async (scheme) => {
    const { page } = await open(`locale=en&scheme=${scheme}&variant=card&state=ok&state=near&state=over`);
    const colors = await page.evaluate(() => {
      const pixel = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
      const mixed = (...layers: readonly string[]) => {
        for (const layer of layers) {
          pixel!.fillStyle = layer;
          pixel!.fillRect(0, 0, 1, 1);
        }
        return [...(pixel?.getImageData(0, 0, 1, 1).data ?? [])].slice(0, 3);
      };
      const back = getComputedStyle(document.body).backgroundColor;
      return [...document.querySelectorAll('[data-kt=track]')].map((track) => [
        mixed(back, getComputedStyle(track).backgroundColor),
        mixed(back, getComputedStyle(track.querySelector('[data-kt=fill]') as Element).fill),
      ]);
    });
    expect(colors.length).toBe(3);
    for (const [track = [], fill = []] of colors) expect(contrast(track, fill)).toBeGreaterThanOrEqual(3);
    await page.close();
  });

  test('forced colours keep bar, fill and focus visible', async () => {
    const { page } = await open('locale=en&variant=card&state=ok', { forcedColors: 'active' });
    const [border, fill, back] = await page.evaluate(() => {
      const style = (name: string) => getComputedStyle(document.querySelector(name) as Element);
      const { borderTopWidth, borderTopColor } = style('[data-kt=track]');
      return [`${borderTopWidth} ${borderTopColor}`, style('[data-kt=fill]').fill, style('body').backgroundColor];
    });
    expect(border).toMatch(/^1px /);
    expect(border).not.toBe(`1px ${back}`);
    expect(fill).not.toBe(back);
    await page.keyboard.press('Tab');
    const ring = await page.evaluate(() => {
      const trigger = document.activeElement as Element;
      const { outlineStyle, outlineWidth } = getComputedStyle(trigger, '::after');
      return [trigger.getAttribute('data-kt'), outlineStyle, outlineWidth];
    });
    expect(ring).toEqual(['trigger', 'solid', '2px']);
    if (shots !== undefined) await page.screenshot({ path: join(shots, 'forced-colors.png') });
    await page.close();
  });

  test.for([
    ['reduce', '0s'],
    ['no-preference', '0.35s'],
  ] as const)('with the motion preference %s the fill moves for %s', async ([reducedMotion, duration]) => {
    const { page } = await open('locale=en&variant=card&state=ok', { reducedMotion });
    const fill = page.locator('[data-kt=fill]').first();
    expect(await fill.evaluate((element) => getComputedStyle(element).transitionDuration)).toBe(duration);
    await page.close();
  });
});

/** Contrast of two colours as WCAG counts it, from 1 to 21. */
function contrast(a: readonly number[], b: readonly number[]): number {
  const light = (color: readonly number[]): number => {
    const [red = 0, green = 0, blue = 0] = color.map((part) => {
      const share = part / 255;
      return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  };
  return Math.max(light(a), light(b)) / Math.min(light(a), light(b));
}
