// A TCP proxy that holds every byte back, each way, for so many milliseconds: a network between an app and its server.
// Runs as a worker, so that its work is not the measured process's event loop.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** A running proxy. */
export interface DelayProxy {
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  /** CPU time of its thread so far, in milliseconds: it counts as the process's. */
  cpuMs(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a proxy in front of `target` (`<host>:<port>`); a round trip takes twice `delayMs` longer through it. */
export async function startDelayProxy(target: string, delayMs: number): Promise<DelayProxy> {
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { target, delayMs } satisfies Setting,
    execArgv: ['--conditions=@kilotoken/source'],
  });
  const [port] = (await once(worker, 'message')) as [number];
  return {
    host: `127.0.0.1:${port}`,
    async cpuMs() {
      const { user, system } = await worker.cpuUsage();
      return (user + system) / 1000;
    },
    async stop() {
      await worker.terminate();
    },
  };
}

interface Setting {
  readonly target: string;
  readonly delayMs: number;
}

if (!isMainThread) await serve(workerData as Setting);

async function serve({ target, delayMs }: Setting): Promise<void> {
  const [host = '', port = ''] = target.split(':');
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host, port: Number(port), noDelay: true });
    holdBack(client, upstream, delayMs);
    holdBack(upstream, client, delayMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of a worker, not a window
  parentPort?.postMessage(address.port);
}

function holdBack(from: Socket, to: Socket, delayMs: number): void {
  from.on('data', (data) => {
    // Timers of one length fire in their order, so the bytes stay in theirs.
    setTimeout(() => to.write(data), delayMs);
  });
  from.on('error', () => to.destroy()).on('close', () => to.destroy());
}
