// A provider in a process of its own, so that what it costs is nobody's: streams as many events as its first argument
// says, and waits so many milliseconds before each as its second one does; default none.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { stubFetch } from '../hot-path/wire.ts';

const [, , events = '0', pauseMs = '0'] = process.argv;
const answer = stubFetch(Number(events));

const server = createServer((request, response) => {
  void (async () => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { headers, body: sent } = await answer('', { body });
    response.writeHead(200, Object.fromEntries(headers));
    for await (const event of sent ?? []) {
      if (pauseMs !== '0') await pause(Number(pauseMs));
      if (!response.write(event)) await once(response, 'drain');
    }
    response.end();
  })();
});
server.listen(0, '127.0.0.1', () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
});
process.once('disconnect', () => process.exit());
