import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';

/** What becomes of one command. */
export type CommandFate =
  | 'pass'
  /** The connection is cut before the server gets it. */
  | 'cut-before'
  /** The server executes it, and the connection is cut instead of the answer. */
  | 'cut-after'
  /** The server gets it twice. */
  | 'duplicate'
  /** The connection is cut, and the server gets it a while later all the same. */
  | 'late';

/** A command on its way to the server. */
export interface ProxiedCommand {
  /** `insert`, `update`, `find`, `aggregate` and so on, with the collection it is for. */
  readonly name: string;
  readonly collection: string;
}

/** A proxy between a driver and one mongod, that understands where commands begin and end. */
export interface OpMsgProxy {
  /** Connection string for one direct connection through the proxy. */
  readonly uri: string;
  /** Decides about each command; may wait first. Commands of monitoring are not asked about. */
  onCommand(decide: (command: ProxiedCommand) => CommandFate | Promise<CommandFate>): void;
  /** Resolves when all late commands have been delivered. */
  delivered(): Promise<void>;
  close(): Promise<void>;
}

const quiet = new Set(['hello', 'ismaster', 'isMaster', 'ping', 'endSessions', 'buildInfo']);
const lateMs = 150;

/** Starts a proxy in front of `host` (`127.0.0.1:<port>`). */
export async function startProxy(host: string): Promise<OpMsgProxy> {
  const [address = '127.0.0.1', port = '27017'] = host.split(':');
  const toServer = (): Socket => connect(Number(port), address).on('error', () => {});
  const sockets = new Set<Socket>();
  const deliveries = new Set<Promise<void>>();
  let decide: (command: ProxiedCommand) => CommandFate | Promise<CommandFate> = () => 'pass';

  const deliverLate = async (message: Buffer): Promise<void> => {
    await new Promise((resolve) => {
      setTimeout(resolve, lateMs);
    });
    const server = toServer();
    await once(server, 'connect');
    server.write(message);
    // Its answer means that it was executed.
    await once(server, 'data');
    server.destroy();
  };

  const listener = createServer((client) => {
    const server = toServer();
    for (const socket of [client, server]) sockets.add(socket.on('close', () => sockets.delete(socket)));
    client.on('error', () => server.destroy()).on('close', () => server.destroy());
    server.on('close', () => client.destroy());
    const cutAfter = new Set<number>();
    const ignored = new Set<number>();
    let queue = Promise.resolve();
    const handle = async (message: Buffer): Promise<void> => {
      const command = commandOf(message);
      const fate = command === undefined || quiet.has(command.name) ? 'pass' : await decide(command);
      if (client.destroyed) return;
      if (fate === 'cut-before' || fate === 'late') {
        client.destroy();
        if (fate === 'late') {
          const delivery = deliverLate(message).finally(() => deliveries.delete(delivery));
          deliveries.add(delivery);
        }
        return;
      }
      if (fate === 'cut-after') cutAfter.add(message.readInt32LE(4));
      server.write(message);
      if (fate === 'duplicate') {
        const again = Buffer.from(message);
        again.writeInt32LE(message.readInt32LE(4) ^ 0x40_00_00_00, 4);
        ignored.add(again.readInt32LE(4));
        server.write(again);
      }
    };
    readMessages(client, (message) => {
      queue = queue.then(() => handle(message));
    });
    readMessages(server, (message) => {
      const answered = message.readInt32LE(8);
      if (cutAfter.has(answered)) client.destroy();
      else if (!ignored.has(answered)) client.write(message);
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const own = listener.address();
  if (own === null || typeof own === 'string') throw new Error('no port');

  return {
    uri: `mongodb://127.0.0.1:${own.port}/?directConnection=true&retryWrites=false&retryReads=false`,
    onCommand(next) {
      decide = next;
    },
    async delivered() {
      await Promise.all(deliveries);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** Cuts a stream of bytes into messages: each begins with its length. */
export function readMessages(socket: Socket, onMessage: (message: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
      const length = rest.readInt32LE(0);
      onMessage(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  });
}

const opMsg = 2013;

/** The first field of the body is the command, and its value the collection. */
function commandOf(message: Buffer): ProxiedCommand | undefined {
  if (message.readInt32LE(12) !== opMsg || message[20] !== 0) return undefined;
  const type = message[25];
  const nameEnd = message.indexOf(0, 26);
  const name = message.toString('utf8', 26, nameEnd);
  if (type !== 2) return { name, collection: '' };
  const length = message.readInt32LE(nameEnd + 1);
  return { name, collection: message.toString('utf8', nameEnd + 5, nameEnd + 4 + length) };
}
