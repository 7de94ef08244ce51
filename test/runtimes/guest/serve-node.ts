import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { answer } from './answer.ts';
import { fileScenarios } from './file-scenarios.ts';
import { scenarios } from './scenarios.ts';

const server = createServer((incoming, outgoing) => {
  void (async () => {
    const response = await answer(
      { ...scenarios, ...fileScenarios },
      new Request('http://guest/', { method: 'POST', body: await textOf(incoming) }),
    );
    outgoing.writeHead(response.status, [...response.headers].filter(([name]) => name === 'content-type').flat());
    if (response.body === null) outgoing.end();
    else Readable.fromWeb(response.body as never).pipe(outgoing);
  })();
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: (server.address() as AddressInfo).port })));

async function textOf(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
