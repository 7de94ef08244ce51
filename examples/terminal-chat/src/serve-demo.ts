import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { nodeHandler, usageFrame, usageHandler } from '@kilotoken/core';
import type { UsageStore } from '@kilotoken/core';
import type { ChatText } from '../page/stream-reply.ts';
import { buildPage } from './build-page.ts';
import type { AnsweredMessage, ChatApp } from './chat.ts';
import { conversations } from './conversations.ts';

/** The page, served on this machine only. */
export interface DemoServer {
  readonly url: string;
  /** Whether somebody has opened it. */
  isOpen(): boolean;
  /** Tells open pages that a user's total moved elsewhere. */
  announce(userId: string): void;
  close(): Promise<void>;
}

/** What the server needs. */
export interface DemoServerOptions {
  readonly app: ChatApp;
  readonly store: UsageStore;
  /** 0: any free one. */
  readonly port: number;
  /** Tokens each user may still use when the page first asks; shown, not enforced. */
  readonly room: number;
  readonly onAnswer: (message: AnsweredMessage) => void;
}

/** Everything the page needs is its own; nothing inline. */
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:";
const expose = ['cost', 'models'] as const;

/** Serves the page, its chat, and the usage of its users. */
export async function serveDemo({ app, store, port, room, onAnswer }: DemoServerOptions): Promise<DemoServer> {
  const files = await buildPage();
  const limits = new Map<string, Promise<number>>();
  const limitOf = (userId: string): Promise<number> => {
    const limit = limits.get(userId) ?? roundLimit(store, userId, room);
    limits.set(userId, limit);
    return limit;
  };
  const usage = nodeHandler(
    usageHandler({
      store,
      authenticate: (_request, source: IncomingMessage) => {
        const userId = userOf(source);
        return userId === undefined ? null : { userId };
      },
      quota: async ({ userId }) => ({ limit: await limitOf(userId) }),
      expose,
      days: 14,
      last: true,
    }),
  );
  let isOpen = false;
  const open = new Set<AbortController>();
  const pages = new Set<ServerResponse>();

  const server = createServer((request, response) => {
    // By name of another host a page of that name would ask, once its name leads to this machine.
    const isOurs = /^(?:localhost|127\.0\.0\.1)(?::\d+)?$/.test(request.headers.host ?? '');
    // No URL: that of `//` has no host, and cannot be made.
    const [pathname = '/'] = (request.url ?? '/').split('?');
    const file = files.get(pathname === '/' ? '/index.html' : pathname);
    response.setHeader('content-security-policy', policy);
    response.setHeader('x-content-type-options', 'nosniff');
    if (!isOurs) response.writeHead(403).end();
    else if (file) response.setHeader('content-type', file.type).end(file.body);
    else if (pathname === '/api/usage') usage(request, response);
    else if (pathname === '/api/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      pages.add(response);
      isOpen = true;
      response.on('close', () => pages.delete(response));
    } else if (pathname === '/api/chat' && request.method === 'POST') void reply(request, response);
    else response.writeHead(404).end();
  });

  /** One message and its answer: the host's own code, and the usage frame before its end. */
  const reply = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const userId = userOf(request);
    const messages = readMessages(await text(request).catch(() => ''));
    const question = messages?.at(-1)?.content;
    if (userId === undefined || messages === undefined || question === undefined) {
      return void response.writeHead(400).end();
    }
    const stopped = new AbortController();
    open.add(stopped);
    response.on('close', () => stopped.abort());
    const turn = app.meter.track({ userId, conversationId: `${userId}-page`, messageId: crypto.randomUUID() });
    try {
      const stream = await app.openai.chat.completions.create(
        { model: app.model, messages: [...messages], stream: true },
        turn.with({ signal: stopped.signal }),
      );
      response.setHeader('content-type', 'text/event-stream');
      let answer = '';
      for await (const chunk of stream) {
        answer += chunk.choices[0]?.delta.content ?? '';
        response.write(`data: ${JSON.stringify(chunk)}\n\n`);
      }
      await turn.stored();
      const used = await turn.usage();
      const { rev } = await store.totals({ userId });
      response.write(usageFrame(used, { expose, ...(rev !== undefined && { rev }) }));
      response.end('data: [DONE]\n\n');
      onAnswer({ userId, question, answer, usage: used });
    } catch {
      if (!response.headersSent) response.writeHead(502);
      response.end();
    } finally {
      open.delete(stopped);
    }
  };

  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    isOpen: () => isOpen,
    announce(userId) {
      for (const page of pages) page.write(`data: ${userId}\n\n`);
    },
    async close() {
      for (const stopped of open) stopped.abort();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** In place of a session. A header that no other site's page may send without asking. */
function userOf(request: IncomingMessage): string | undefined {
  return conversations.find(({ userId }) => userId === request.headers['x-demo-user'])?.userId;
}

function readMessages(body: string): readonly ChatText[] | undefined {
  try {
    const { messages } = JSON.parse(body) as { readonly messages: readonly { role: unknown; content: unknown }[] };
    const isChat = messages.every(
      ({ role, content }) => (role === 'user' || role === 'assistant') && typeof content === 'string',
    );
    return isChat ? (messages as readonly ChatText[]) : undefined;
  } catch {
    return undefined;
  }
}

async function roundLimit(store: UsageStore, userId: string, room: number): Promise<number> {
  const { tokens } = await store.totals({ userId });
  return Math.ceil((tokens.totalTokens + room) / 100) * 100;
}
