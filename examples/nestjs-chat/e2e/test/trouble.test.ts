import { chatAnswer, errorAnswer } from '@kilotoken/core/testing';
import { describe, expect, test } from 'vitest';
import { chatBrowserForTests } from '../chat-browser.ts';
import { password } from '../chat-tab.ts';
import type { ChatTab } from '../chat-tab.ts';

const browser = chatBrowserForTests();
const usage = { prompt_tokens: 5, completion_tokens: 6, total_tokens: 11 };

async function signedUp(): Promise<ChatTab> {
  const tab = await browser().open();
  await tab.signUp('ada@example.com');
  return tab;
}

const totalInDatabase = async (): Promise<number> =>
  Number((await browser().app.db.collection('users').findOne({}))?.['totalTokensUsed']);

describe('a reply that ends early', () => {
  test('is kept as far as it came when it is stopped, with what it used', async () => {
    const tab = await signedUp();
    const gate = Promise.withResolvers<void>();
    const answer = {
      text: 'One two three four five six',
      gate: (index: number) => (index < 3 ? undefined : gate.promise),
    };
    browser().app.provider.enqueue(chatAnswer(answer));
    await tab.say('Count to six');
    await tab.replies().filter({ hasText: 'One two' }).waitFor();
    await tab.page.getByRole('button', { name: 'Stop' }).click();
    await tab.replies().filter({ hasText: 'Stopped' }).waitFor();
    const [badge] = await tab.badges(1);
    const message = await browser().app.db.collection('messages').findOne({ role: 'assistant' });
    expect(message).toMatchObject({ status: 'stopped', content: expect.stringMatching(/^One two/) });
    expect(badge).toBe(`${Number(message?.['totalTokens'])} tokens`);
    await tab.totalIs(`${Number(message?.['totalTokens'])} tokens used`);
    expect(await totalInDatabase()).toBe(Number(message?.['totalTokens']));
    gate.resolve();

    // The box has the focus again, and the next message goes out.
    expect(await tab.page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA');
    browser().app.provider.enqueue(chatAnswer({ text: 'Here I am', usage }));
    await tab.sayAndWait('Still there?', 2);
  });

  test('says that the model broke off, keeps what arrived, and can be asked for again', async () => {
    const tab = await signedUp();
    browser().app.provider.enqueue(
      chatAnswer({ text: 'One two three four', cut: { afterEvents: 3 } }),
      chatAnswer({ text: 'One two three four', usage }),
    );
    await tab.say('Count to four');
    await tab.page.getByText('The model failed before its reply was complete').waitFor();
    await tab.replies().filter({ hasText: 'Incomplete' }).filter({ hasText: 'One two' }).waitFor();
    await tab.page.getByRole('button', { name: 'Ask again' }).click();
    await tab.replies().nth(1).filter({ hasText: 'One two three four' }).waitFor();
    await tab.page.getByText('The model failed before').waitFor({ state: 'hidden' });
    await tab.badges(2);
    await expect.poll(async () => tab.total().textContent()).toBe(`${await totalInDatabase()} tokens used`);
  });

  test('says that the model did not answer at all', async () => {
    const tab = await signedUp();
    browser().app.provider.handle(() => errorAnswer({ status: 401, message: 'no such key' }));
    await tab.say('Anybody?');
    await tab.page.getByText('The model failed before its reply was complete').waitFor();
    await tab.replies().filter({ hasText: 'Incomplete' }).waitFor();
    await tab.totalIs('No usage yet');
  });
});

describe('without a network', () => {
  test('says so, keeps the draft, and goes on when the network is back', async () => {
    const tab = await signedUp();
    browser().app.provider.enqueue(chatAnswer({ text: 'Hello', usage }), chatAnswer({ text: 'Hello again', usage }));
    await tab.sayAndWait('Hello', 1);
    await tab.page.context().setOffline(true);
    await tab.page.getByText('You are offline').waitFor();
    await tab.say('Are you there?');
    expect(await tab.page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    expect(await tab.page.getByLabel('Message', { exact: true }).inputValue()).toBe('Are you there?');

    await tab.page.context().setOffline(false);
    await tab.page.getByText('You are offline').waitFor({ state: 'hidden' });
    await tab.page.getByRole('button', { name: 'Send' }).click();
    await tab.badges(2);
    await tab.totalIs('22 tokens used');
    expect(await totalInDatabase()).toBe(22);
  });

  test('in the middle of a reply, what the server kept is shown afterwards', async () => {
    const tab = await signedUp();
    const { app } = browser();
    const gate = Promise.withResolvers<void>();
    app.provider.enqueue(
      chatAnswer({ text: 'One two three', gate: (index) => (index < 3 ? undefined : gate.promise), usage }),
    );
    await tab.say('Count');
    await tab.replies().filter({ hasText: 'One two' }).waitFor();
    await tab.page.context().setOffline(true);
    app.nest.getHttpServer().closeAllConnections();
    await tab.page.getByText('The connection broke while the reply was coming in').waitFor();
    gate.resolve();
    await tab.page.context().setOffline(false);
    await tab.replies().filter({ hasText: 'Stopped' }).waitFor();
    await tab.badges(1);
    await expect.poll(async () => tab.total().textContent()).toBe(`${await totalInDatabase()} tokens used`);
  });

  test('a message that did not get through comes back into the box', async () => {
    const tab = await signedUp();
    await tab.page.route('**/api/conversations/*/messages', (route) => route.abort());
    await tab.say('Nobody hears me');
    await tab.page.getByText('The server cannot be reached.').waitFor();
    await tab.page.getByText('Your message was not sent').waitFor();
    expect(await tab.page.getByLabel('Message', { exact: true }).inputValue()).toBe('Nobody hears me');
    expect(await tab.page.locator('.message').count()).toBe(0);
  });
});

describe('signing in', () => {
  test('says what is wrong, in the field it is about', async () => {
    const { open } = browser();
    const tab = await signedUp();
    await tab.page.getByRole('button', { name: 'Sign out' }).click();
    const other = await open();
    for (const [email, secret, text, field] of [
      ['ada', password, 'Enter an e-mail address', 'E-mail'],
      ['ada@example.com', 'short', 'at least 8 characters', 'Password'],
      ['ada@example.com', 'wrong horse', 'do not match', 'E-mail'],
    ] as const) {
      await other.page.getByLabel('E-mail').fill(email);
      await other.page.getByLabel('Password').fill(secret);
      await other.page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await other.page.getByText(text).waitFor();
      expect(await other.page.getByLabel(field).evaluate((element) => element === document.activeElement)).toBe(true);
      expect(await other.page.getByLabel(field).getAttribute('aria-invalid')).toBe('true');
    }
    await other.page.getByRole('button', { name: 'New here?' }).click();
    await other.page.getByLabel('Password').fill(password);
    await other.page.getByRole('button', { name: 'Create account' }).click();
    await other.page.getByText('There is an account with this e-mail already').waitFor();
  });

  test('is asked for again when the session has ended', async () => {
    const tab = await signedUp();
    await tab.page.context().clearCookies();
    await tab.say('Hello');
    await tab.page.getByText('Your session has ended').waitFor();
    await tab.page.getByLabel('E-mail').fill('ada@example.com');
    await tab.page.getByLabel('Password').fill(password);
    await tab.page.keyboard.press('Enter');
    await tab.totalIs('No usage yet');
  });

  test('as somebody else shows nothing of the one before', async () => {
    const tab = await signedUp();
    browser().app.provider.enqueue(chatAnswer({ text: 'Hello', usage }));
    await tab.sayAndWait('A secret', 1);
    const { page } = tab;
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await tab.signUp('eve@example.com');
    await page.getByText('This conversation does not exist').waitFor();
    await tab.totalIs('No usage yet');
    expect(await page.locator('body').textContent()).not.toContain('A secret');
  });
});
