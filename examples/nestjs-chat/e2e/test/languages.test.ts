import { chatAnswer } from '@kilotoken/core/testing';
import { describe, expect, test } from 'vitest';
import { chatBrowserForTests } from '../chat-browser.ts';

const browser = chatBrowserForTests();

/** What each language says of these totals. Its own rules of plurals decide the word. */
const totals = [1, 2, 5, 21, 1_200_000] as const;
const wanted = {
  English: ['1 token used', '2 tokens used', '5 tokens used', '21 tokens used', '1.2M tokens used'],
  Русский: [
    'Использован 1 токен',
    'Использовано 2 токена',
    'Использовано 5 токенов',
    'Использован 21 токен',
    'Использовано 1,2 млн токенов',
  ],
  中文: ['已用 1 Token', '已用 2 Token', '已用 5 Token', '已用 21 Token', '已用 120万 Token'],
  Español: ['1 token usado', '2 tokens usados', '5 tokens usados', '21 tokens usados', '1,2 M de tokens usados'],
};
const stop = { English: 'Send', Русский: 'Отправить', 中文: '发送', Español: 'Enviar' };
const codes = { English: 'en', Русский: 'ru', 中文: 'zh', Español: 'es' };

describe('the language', () => {
  test('changes app and widget at once, with the numbers and plurals of each', async () => {
    const { app, open } = browser();
    const tab = await open();
    await tab.signUp('ada@example.com');
    let before = 0;
    for (const [index, total] of totals.entries()) {
      app.provider.enqueue(
        chatAnswer({
          text: 'Yes',
          usage: { prompt_tokens: total - before, completion_tokens: 0, total_tokens: total - before },
        }),
      );
      before = total;
      await tab.sayAndWait('Well?', index + 1);
      for (const [name, texts] of Object.entries(wanted)) {
        await tab.page.locator('.settings select').first().selectOption({ label: name });
        await tab.totalIs(texts[index]!);
        expect(plain(await tab.total().textContent())).toBe(texts[index]);
        await tab.page.getByRole('button', { name: stop[name as keyof typeof stop] }).waitFor();
        expect(await tab.page.evaluate(() => document.documentElement.lang)).toBe(codes[name as keyof typeof codes]);
      }
    }
    // No reload on the way, and the choice outlives one.
    await tab.page.reload();
    await tab.totalIs('1,2 M de tokens usados');
  });

  test('is at first that of the browser', async () => {
    const { open } = browser();
    for (const [locale, title] of [
      ['ru-RU', 'Войти'],
      ['zh-CN', '登录'],
      ['es-MX', 'Iniciar sesión'],
      ['fr-FR', 'Sign in'],
    ] as const) {
      const { page } = await open({ locale });
      await page.getByRole('heading', { name: title }).waitFor();
    }
  });
});

/** Languages put different spaces into numbers. */
function plain(text: string | null): string {
  return (text ?? '').replaceAll(/[\u00a0\u202f]/g, ' ');
}
