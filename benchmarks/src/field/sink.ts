import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Posted } from './setups/posted.ts';

/** Where contestants post to instead of their services. */
export interface Sink {
  /** Base of the addresses of one contestant. */
  urlOf(contestant: string): string;
  close(): void;
}

/**
 * Starts a server on loopback that takes what langsmith, posthog and braintrust post, says what their services say, and
 * gives it out again: `DELETE <base>/taken`.
 */
export async function startSink(): Promise<Sink> {
  const arrived = new Map<string, Posted[]>();
  const server = createServer((request, response) => {
    void answer(request).then((body) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  const origin = await new Promise<string>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });

  async function answer(request: IncomingMessage): Promise<unknown> {
    const [, contestant = '', ...rest] = (request.url ?? '').split('/');
    const path = `/${rest.join('/')}`;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method === 'DELETE' && path === '/taken') {
      const taken = arrived.get(contestant) ?? [];
      arrived.delete(contestant);
      return taken;
    }
    if (path === '/info') return { batch_ingest_config: { use_multipart_endpoint: true } };
    if (path === '/api/apikey/login') {
      return { org_info: [{ id: 'org', name: 'bench', api_url: `${origin}/${contestant}`, proxy_url: origin }] };
    }
    if (path === '/api/project/register') return { project: { id: 'project', name: 'bench' } };
    if (path === '/version') return {};
    arrived.set(contestant, [
      ...(arrived.get(contestant) ?? []),
      {
        path,
        contentType: request.headers['content-type'] ?? '',
        contentEncoding: request.headers['content-encoding'] ?? '',
        body: Buffer.concat(chunks).toString('base64'),
      },
    ]);
    return path === '/logs3' ? { ids: [] } : { status: 1 };
  }

  return {
    urlOf: (contestant) => `${origin}/${contestant}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
