import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach } from 'vitest';

/** A WebSocket server for tests: sends JSON texts to whoever connects. */
export interface SocketServer {
  /** `host:port`. */
  readonly host: string;
  /** Sends to every connection. */
  send(...events: readonly object[]): void;
  /** Ends the connections, without a word. */
  drop(): void;
}

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Speaks RFC 6455 as far as it takes to send unmasked text frames; what clients send is not read. */
export async function socketServer(): Promise<SocketServer> {
  const sockets = new Set<Duplex>();
  const server = createServer();
  server.on('upgrade', (request, socket) => {
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const protocol = request.headers['sec-websocket-protocol']?.split(',')[0];
    socket.write(
      [
        'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Accept: ${createHash('sha1').update(key).digest('base64')}`,
        ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
        '\r\n',
      ].join('\r\n'),
    );
    socket.on('error', () => undefined);
    sockets.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  ends.push(() => {
    drop();
    server.close();
  });
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    send(...events) {
      for (const socket of sockets) for (const event of events) socket.write(frameOf(JSON.stringify(event)));
    },
    drop,
  };
}

function frameOf(text: string): Buffer {
  const body = Buffer.from(text);
  const length = body.length < 126 ? [body.length] : [126, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([0x81, ...length]), body]);
}
