// A provider in a process of its own, so that what it costs is nobody's: streams as many events as its argument says.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stubFetch } from '../hot-path/wire.ts';

const answer = stubFetch(Number(process.argv[2]));

const server = createServer((request, response) => {
  void (async () => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { headers, body: events } = await answer('', { body });
    response.writeHead(200, Object.fromEntries(headers));
    for await (const event of events ?? []) {
      if (!response.write(event)) await once(response, 'drain');
    }
    response.end();
  })();
});
server.listen(0, '127.0.0.1', () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
});
process.once('disconnect', () => process.exit());
