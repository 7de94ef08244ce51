import type { Locator, Page } from 'playwright-core';

/** One tab with the app, and what people do in it. */
export interface ChatTab {
  readonly page: Page;
  /** Fills in the form and sends it. */
  signUp(email: string): Promise<void>;
  /** Writes a message and sends it. */
  say(text: string): Promise<void>;
  /** The same, and waits until the reply number `count` is complete. */
  sayAndWait(text: string, count: number): Promise<void>;
  /** The running total under the e-mail. */
  total(): Locator;
  /** Waits until it says so. */
  totalIs(text: string): Promise<void>;
  replies(): Locator;
  /** Waits until the tokens of so many replies are shown, and gives their texts. */
  badges(count: number): Promise<string[]>;
  choose(label: string, option: string): Promise<void>;
}

export const password = 'correct horse';

export function chatTab(page: Page): ChatTab {
  const replies = (): Locator => page.locator('.message.assistant');
  const total = (): Locator => page.locator('.account [data-kt=value]');
  const badge = (): Locator => page.locator('.message [data-kt=message]');
  const tab: ChatTab = {
    page,
    replies,
    total,
    async signUp(email) {
      await page.getByRole('button', { name: 'New here?' }).click();
      await page.getByLabel('E-mail').fill(email);
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.locator('.account').waitFor({ state: 'attached' });
    },
    async say(text) {
      await page.locator('.composer textarea').fill(text);
      await page.keyboard.press('Enter');
    },
    async sayAndWait(text, count) {
      await tab.say(text);
      await tab.badges(count);
    },
    totalIs: (text) => total().filter({ hasText: text }).waitFor({ state: 'attached' }),
    async badges(count) {
      await badge()
        .nth(count - 1)
        .waitFor({ state: 'attached' });
      return badge().evaluateAll((all) =>
        all.map((one) => one.firstElementChild?.textContent ?? one.textContent ?? ''),
      );
    },
    async choose(label, option) {
      await page.getByLabel(label).selectOption({ label: option });
    },
  };
  return tab;
}
