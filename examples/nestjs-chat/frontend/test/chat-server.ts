import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from 'vitest';

/** Answers one request of the front end. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A server that the front end's relative addresses lead to, as in a browser. */
export function chatServerForTests(): (handler: Handler) => void {
  let handler: Handler = (_, response) => response.writeHead(404).end();
  const server = createServer((request, response) => void handler(request, response));
  const { fetch } = globalThis;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    globalThis.fetch = (input, init) => fetch(new URL(input as string, base), init);
  });
  afterAll(() => {
    globalThis.fetch = fetch;
    server.closeAllConnections();
    server.close();
  });
  return (next) => {
    handler = next;
  };
}
