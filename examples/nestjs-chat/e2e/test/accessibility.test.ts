import { chatAnswer } from '@kilotoken/core/testing';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { axeViolations } from '../axe-violations.ts';
import { chatBrowserForTests } from '../chat-browser.ts';

const browser = chatBrowserForTests();
const usage = { prompt_tokens: 40, completion_tokens: 2, total_tokens: 42 };
const sizes = {
  wide: { width: 1100, height: 720 },
  narrow: { width: 320, height: 640 },
};

describe.for(Object.keys(sizes) as (keyof typeof sizes)[])('on a %s screen', (size) => {
  test.for(['light', 'dark'] as const)('%s, no page breaks a rule of accessibility', async (colorScheme) => {
    const { app, open } = browser();
    const tab = await open({ viewport: sizes[size], colorScheme });
    const { page } = tab;
    const isNarrow = size === 'narrow';
    const check = async (what: string): Promise<void> => {
      expect(await axeViolations(page), what).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), what).toBe(true);
    };
    const openMenu = async (): Promise<void> => {
      if (isNarrow) await page.getByRole('button', { name: 'Open the menu' }).click();
    };

    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await check('signing in');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('Enter an e-mail address').waitFor();
    await check('signing in, refused');
    await tab.signUp('somebody.with.a.rather.long.address@department.example.com');
    await tab.totalIs('No usage yet');
    await check('a new chat');

    app.provider.enqueue(
      chatAnswer({ text: 'A reply\n\nof several lines. '.repeat(20), usage }),
      chatAnswer({ text: 'One two three', cut: { afterEvents: 2 } }),
    );
    await tab.sayAndWait('Tell me something with averyveryveryveryveryveryveryveryveryverylongwordinit', 1);
    await tab.totalIs('42 tokens used');
    await check('a conversation');
    await tab.say('And more');
    await page.getByText('The model failed').waitFor();
    await page.getByRole('button', { name: 'Ask again' }).waitFor();
    await check('a failed reply');
    await page.context().setOffline(true);
    await page.getByText('You are offline').waitFor();
    await check('offline');
    await page.context().setOffline(false);

    await openMenu();
    await page.locator('[data-kt=trigger]').click();
    await page.locator('[data-kt=refresh]').waitFor();
    await check('the details of the total');
    await page.keyboard.press('Escape');
    await page.locator('[data-kt=panel]').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: /^Delete: / }).click();
    await page.getByRole('dialog').getByText('gone for good').waitFor();
    await check('deleting');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    if (isNarrow) {
      // Escape was meant for the dialog.
      expect(await page.locator('#sidebar').isVisible()).toBe(true);
      await check('the menu');
      await page.keyboard.press('Escape');
      await page.locator('#sidebar').waitFor({ state: 'hidden' });
      expect(await focusedName(page)).toContain('Open the menu');
    }
  });
});

test('text at 200 % fits a phone', async () => {
  const { open } = browser();
  const tab = await open({ viewport: sizes.narrow });
  await tab.signUp('ada@example.com');
  await tab.page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
  expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  const box = await tab.page.locator('.composer textarea').boundingBox();
  expect(box!.width).toBeGreaterThan(60);
  expect(box!.y + box!.height).toBeLessThanOrEqual(640);
});

test('the end of a conversation stays in view when the page becomes small', async () => {
  const { app, open } = browser();
  const tab = await open();
  await tab.signUp('ada@example.com');
  app.provider.enqueue(chatAnswer({ text: 'A reply of many words. '.repeat(100), usage }));
  await tab.sayAndWait('Tell me a lot', 1);
  await tab.page.setViewportSize(sizes.narrow);
  const below = (): Promise<number> =>
    tab.page.locator('.messages').evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
  await expect.poll(below).toBeLessThan(2);
});

test('the appearance that was chosen wins over that of the system, and stays', async () => {
  const { open } = browser();
  const tab = await open({ colorScheme: 'light' });
  await tab.signUp('ada@example.com');
  const background = (): Promise<string> =>
    tab.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  expect(await background()).toBe('rgb(255, 255, 255)');
  await tab.choose('Appearance', 'Dark');
  expect(await background()).toBe('rgb(20, 23, 29)');
  await tab.page.reload();
  await tab.total().waitFor();
  expect(await background()).toBe('rgb(20, 23, 29)');
});

function focusedName(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.textContent ?? '');
}
