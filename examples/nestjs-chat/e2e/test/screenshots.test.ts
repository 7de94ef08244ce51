import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chatAnswer } from '@kilotoken/core/testing';
import type { Page } from 'playwright-core';
import { test } from 'vitest';
import { chatBrowserForTests } from '../chat-browser.ts';
import type { ChatTab } from '../chat-tab.ts';

const browser = chatBrowserForTests();
const folder = join(import.meta.dirname, '../../../../docs/guide/images');
const require = createRequire(join(import.meta.dirname, '../../../../packages/react-widget/package.json'));

/** The pictures of the documents: SCREENSHOTS=1 npx vitest run --root examples/nestjs-chat/e2e test/screenshots */
test.runIf(process.env['SCREENSHOTS'])('pictures of the chat', async () => {
  const { app, open } = browser();
  const wide = { viewport: { width: 1080, height: 680 }, bypassCSP: true } as const;
  const first = await open({ ...wide, colorScheme: 'light' });
  await useFonts(first.page);
  await first.signUp('ada@example.com');
  for (const [question, answer, input, output] of talk) {
    app.provider.enqueue(
      chatAnswer({
        text: answer,
        model: 'gpt-5-mini',
        usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
      }),
    );
    if (question.startsWith('+')) {
      await first.page.getByRole('link', { name: 'New chat' }).click();
      await first.page.getByText('Ask anything').waitFor();
    }
    await first.say(question.replace('+', ''));
    await first
      .replies()
      .filter({ hasText: answer.slice(0, 20) })
      .waitFor();
    await first.page.getByRole('button', { name: 'Send' }).waitFor();
    await first.page.locator('.message.assistant [data-kt=message]').last().waitFor();
  }
  const { page } = first;
  const path = new URL(page.url()).pathname;
  const context = page.context();
  const shoot = async (tab: ChatTab, name: string): Promise<void> => {
    await tab.page.mouse.move(700, 400);
    await tab.page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await tab.page.screenshot({ path: join(folder, `nestjs-chat-${name}.png`), caret: 'hide' });
  };

  await first.totalIs('tokens used');
  await shoot(first, 'light');
  await page.locator('[data-kt=trigger]').click();
  await page.locator('[data-section=models]').getByText('gpt-5-mini').waitFor();
  await shoot(first, 'details');
  await page.keyboard.press('Escape');
  await first.choose('Appearance', 'Dark');
  await shoot(first, 'dark');
  await first.choose('Appearance', 'Light');
  for (const [code, name] of [
    ['ru', 'Русский'],
    ['zh', '中文'],
    ['es', 'Español'],
  ] as const) {
    await page.locator('.settings select').first().selectOption({ label: name });
    await page.evaluate(() => document.fonts.ready);
    await shoot(first, code);
  }
  await page.locator('.settings select').first().selectOption({ label: 'English' });

  const phone = await open({ context, path });
  await phone.page.setViewportSize({ width: 390, height: 720 });
  await useFonts(phone.page);
  await phone.badges(2);
  await shoot(phone, 'mobile');
  await phone.page.getByRole('button', { name: 'Open the menu' }).click();
  await shoot(phone, 'mobile-menu');
});

/** Machines that take pictures may have no Chinese font. */
async function useFonts(page: Page): Promise<void> {
  const base = require.resolve('@fontsource/noto-sans-sc/400.css');
  const css = readFileSync(base, 'utf8').replaceAll(/url\(\.\/files\/([^)]+)\)/g, (_, file: string) => {
    const font = readFileSync(join(base, '../files', file)).toString('base64');
    return `url(data:font/woff2;base64,${font})`;
  });
  await page.addStyleTag({ content: css });
}

/** Question, answer, input tokens, output tokens; `+` begins a conversation. */
const talk = [
  ['Plan a weekend in Lisbon', 'Start in Alfama, take tram 28, and end the day at the river.', 412, 188],
  ['+Explain idempotency keys', 'A key names the intent, so that a second try is recognised as the first.', 356, 164],
  [
    '+How are the tokens of a streamed reply counted?',
    'The provider sends them in the last chunk of the stream. The backend records them exactly once, adds them to your account in the database, and passes them on to this page before the stream ends.',
    1204,
    96,
  ],
  [
    'And if I stop a reply half-way?',
    'Then what had arrived by then is kept, and what it used is counted as well. The sidebar shows your new total at once, without a reload and in every tab.',
    1331,
    71,
  ],
] as const;
