import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { UsageSnapshot } from '../../src/core.ts';

/** A snapshot in which only what the test is about is stated. */
export function usageSnapshot(fields: Partial<UsageSnapshot> = {}): UsageSnapshot {
  const total = fields.total ?? 1200;
  return { v: 1, rev: 1, total, counts: { input: total - 200, output: 200 }, ...fields };
}

/** A frame as the server sends it, within its usage chunk. */
export function usageChunk(id: string, total: number, kilotoken: object = {}): object {
  return {
    id: 'gen-1',
    object: 'chat.completion.chunk',
    choices: [],
    usage: { prompt_tokens: total - 1, completion_tokens: 1, total_tokens: total },
    kilotoken: { v: 1, id, add: { total, counts: { input: total - 1, output: 1 } }, ...kilotoken },
  };
}

/** A usage endpoint on a loopback port, closed when the test ends. */
export async function usageServer(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => unknown,
): Promise<{ readonly url: string; count(): number }> {
  let count = 0;
  const server = createServer((request, response) => {
    count += 1;
    const body = answer(request, response, count);
    if (body !== undefined) response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/usage`, count: () => count };
}
