import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject } from 'vitest';
import { startChromium } from '../../../packages/react-widget/test/browser/chromium.ts';
import { chatAppForTests } from '../backend/test/chat-app.ts';
import type { ChatApp } from '../backend/test/chat-app.ts';
import { chatTab } from './chat-tab.ts';
import type { ChatTab } from './chat-tab.ts';

/** The whole app in a real browser. */
export interface ChatBrowser {
  readonly app: ChatApp;
  /** Opens a tab; without a context in a browser that has never been here. */
  open(
    options?: { readonly path?: string; readonly context?: BrowserContext } & BrowserContextOptions,
  ): Promise<ChatTab>;
}

/** Gives each test an app and fresh browser contexts. A page that breaks its content policy or throws fails the test. */
export function chatBrowserForTests(): () => ChatBrowser {
  const app = chatAppForTests({ frontEnd: inject('frontEnd') });
  let browser: Browser;
  let contexts: Set<BrowserContext>;
  let faults: string[];

  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(() => {
    contexts = new Set();
    faults = [];
  });
  afterEach(async () => {
    for (const context of contexts) await context.close();
    expect(faults).toEqual([]);
  });

  const newContext = async (options: BrowserContextOptions): Promise<BrowserContext> => {
    const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1100, height: 720 }, ...options });
    contexts.add(context);
    context.on('weberror', (error) => faults.push(String(error.error())));
    // Failed requests are part of some tests; the browser reports them by itself.
    context.on('console', (message) => {
      const isOurs = message.type() === 'error' && !message.text().startsWith('Failed to load resource');
      if (isOurs) faults.push(message.text());
    });
    return context;
  };
  return () => ({
    app: app(),
    async open({ path = '/', context, ...options } = {}) {
      const page = await (context ?? (await newContext(options))).newPage();
      await page.goto(app().url + path);
      return chatTab(page);
    },
  });
}
