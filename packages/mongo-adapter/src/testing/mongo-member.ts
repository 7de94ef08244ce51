import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** One mongod process that can be killed and started again on the same data. */
export interface MongoMember {
  /** `127.0.0.1:<port>`, the same after every restart. */
  readonly host: string;
  /** Process id of the running mongod; absent while it is down. */
  pid(): number | undefined;
  /** Ends or pauses the process; resolves when it is gone (at once for `SIGSTOP` and `SIGCONT`). */
  kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Starts it again on the same port and data; resolves when it takes connections. */
  start(): Promise<void>;
}

/** Starts one mongod on a free port and waits until it takes connections. */
export async function startMember(options: {
  readonly binary: string;
  readonly folder: string;
  readonly setName: string | undefined;
  readonly args: readonly string[];
}): Promise<MongoMember> {
  const { binary, folder, setName, args } = options;
  mkdirSync(folder);
  const port = await freePort();
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const started = spawn(
      binary,
      [
        '--port',
        String(port),
        '--bind_ip',
        '127.0.0.1',
        '--dbpath',
        folder,
        '--storageEngine',
        'wiredTiger',
        '--wiredTigerCacheSizeGB',
        '0.25',
        '--nounixsocket',
        '--setParameter',
        'enableTestCommands=1',
        '--setParameter',
        'diagnosticDataCollectionEnabled=false',
        ...(setName === undefined ? [] : ['--replSet', setName]),
        ...args,
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    child = started;
    // A test process that dies takes its servers along.
    const killAtExit = (): void => void started.kill('SIGKILL');
    process.once('exit', killAtExit);
    started.once('exit', () => {
      process.off('exit', killAtExit);
      if (child === started) child = undefined;
    });
    await isReady(started);
  };
  await start();

  return {
    host: `127.0.0.1:${port}`,
    pid: () => child?.pid,
    async kill(signal) {
      if (child === undefined) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      // A stopped process cannot die of SIGTERM, and SIGKILL ends it all the same.
      if (signal === 'SIGKILL' || signal === 'SIGTERM') await ended;
    },
    async start() {
      if (child === undefined) await start();
    },
  };
}

async function isReady(child: ChildProcess): Promise<void> {
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const tail: string[] = [];
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`mongod ended with code ${code} before it took connections: ${tail.join('\n')}`));
    });
    lines.on('line', (line) => {
      // The lines are read to the end of its life, or the pipe would fill and stop it.
      if (tail.length >= 5) tail.shift();
      tail.push(line);
      if (line.includes('"Waiting for connections"')) resolve();
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
