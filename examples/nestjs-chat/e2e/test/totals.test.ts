import { chatAnswer } from '@kilotoken/core/testing';
import { describe, expect, test } from 'vitest';
import { chatBrowserForTests } from '../chat-browser.ts';

const browser = chatBrowserForTests();

/** What the database says of the only user. */
async function totalsInDatabase() {
  const user = await browser().app.db.collection('users').findOne({});
  return {
    total: Number(user?.['totalTokensUsed']),
    prompt: Number(user?.['totalPromptTokens']),
    completion: Number(user?.['totalCompletionTokens']),
  };
}

describe('the running total', () => {
  test('is none at first, moves with each reply without a reload, and equals the database', async () => {
    const { app, open } = browser();
    const tab = await open();
    let loads = 0;
    tab.page.on('load', () => (loads += 1));
    await tab.signUp('ada@example.com');
    await tab.totalIs('No usage yet');
    expect(await totalsInDatabase()).toEqual({ total: 0, prompt: 0, completion: 0 });

    app.provider.enqueue(
      chatAnswer({ text: 'Hello Ada', usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 } }),
      chatAnswer({ text: 'Hello again', usage: { prompt_tokens: 1400, completion_tokens: 30, total_tokens: 1430 } }),
    );
    await tab.sayAndWait('Hello', 1);
    await tab.totalIs('11 tokens used');
    expect(await totalsInDatabase()).toEqual({ total: 11, prompt: 9, completion: 2 });

    await tab.sayAndWait('Once more', 2);
    await tab.totalIs('1.4K tokens used');
    expect(await totalsInDatabase()).toEqual({ total: 1441, prompt: 1409, completion: 32 });
    await tab.page.locator('.account [data-kt=trigger]').click();
    expect(await tab.page.locator('[data-kt=heading]').textContent()).toContain('1,441');
    expect(loads).toBe(0);
  });

  test('is there after a reload, with the conversation and the tokens of each reply', async () => {
    const { app, open } = browser();
    const tab = await open();
    await tab.signUp('ada@example.com');
    app.provider.enqueue(
      chatAnswer({ text: 'Hello Ada', usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 } }),
    );
    await tab.sayAndWait('Hello there', 1);
    expect(tab.page.url()).toMatch(/\/c\/\w+$/);
    await tab.page.reload();
    await tab.totalIs('11 tokens used');
    expect(await tab.badges(1)).toEqual(['11 tokens']);
    expect(await tab.page.locator('.message').allTextContents()).toEqual([
      expect.stringContaining('Hello there'),
      expect.stringContaining('Hello Ada'),
    ]);
    expect(await tab.page.locator('.conversations a[aria-current=page]').textContent()).toBe('Hello there');
  });

  test('is the same in a second tab, and so are list and messages, without a reload', async () => {
    const { app, open } = browser();
    const first = await open();
    await first.signUp('ada@example.com');
    app.provider.enqueue(
      chatAnswer({ text: 'One', usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 } }),
      chatAnswer({ text: 'Two', usage: { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 } }),
    );
    await first.sayAndWait('Count', 1);
    const second = await open({ context: first.page.context(), path: new URL(first.page.url()).pathname });
    await second.totalIs('6 tokens used');
    await first.sayAndWait('On', 2);
    await second.totalIs('16 tokens used');
    expect(await second.badges(2)).toEqual(['6 tokens', '10 tokens']);

    await second.page.getByRole('button', { name: 'Sign out' }).click();
    await first.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  test('keeps coming while another conversation is on screen', async () => {
    const { app, open } = browser();
    const tab = await open();
    await tab.signUp('ada@example.com');
    const gate = Promise.withResolvers<void>();
    app.provider.enqueue(
      chatAnswer({
        text: 'Slowly but surely',
        gate: (index) => (index < 2 ? undefined : gate.promise),
        usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
      }),
    );
    await tab.say('Take your time');
    await tab.replies().filter({ hasText: 'Slowly' }).waitFor();
    // On the list, and with a title, before the reply is complete.
    await tab.page.getByRole('link', { name: 'Take your time' }).waitFor();
    await tab.page.getByRole('heading', { name: 'Take your time' }).waitFor();
    await tab.page.getByRole('link', { name: 'New chat' }).click();
    await tab.page.getByText('Ask anything').waitFor();
    gate.resolve();
    await tab.totalIs('8 tokens used');
    await tab.page.getByRole('link', { name: 'Take your time' }).click();
    expect(await tab.badges(1)).toEqual(['8 tokens']);
  });

  test('survives the removal of the conversation it comes from', async () => {
    const { app, open } = browser();
    const tab = await open();
    await tab.signUp('ada@example.com');
    app.provider.enqueue(
      chatAnswer({ text: 'Bye', usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 } }),
    );
    await tab.sayAndWait('Forget me', 1);
    await tab.page.getByRole('button', { name: 'Delete: Forget me' }).click();
    await tab.page.getByRole('button', { name: 'Delete', exact: true }).click();
    await tab.page.getByText('No conversations yet').waitFor();
    expect(new URL(tab.page.url()).pathname).toBe('/');
    expect(await tab.total().textContent()).toBe('6 tokens used');
    expect((await totalsInDatabase()).total).toBe(6);
  });
});
