import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { packageFolder } from './stage-app.ts';

export const runtimeNames = ['node', 'bun', 'deno', 'workerd', 'workerd without Node'] as const;

/**
 * What our app runs on; Node is the one it is compared with. `workerd without Node` has the compatibility date of a
 * worker from before it knew Node's modules, and no `process`: the poorest of the edge runtimes.
 */
export type RuntimeName = (typeof runtimeNames)[number];

/** One process that serves the app. */
export interface RuntimeProcess {
  readonly name: RuntimeName;
  readonly url: string;
  stop(): Promise<void>;
}

/** Binaries lie in their packages, put there by the packages' own install scripts. */
const binary = (name: string, path: string): string => join(packageFolder(name, import.meta.dirname), path);

const workerd = [binary('workerd', 'bin/workerd'), 'serve', '--control-fd=1'];

const commands: Readonly<Record<RuntimeName, (app: string) => readonly string[]>> = {
  node: () => [process.execPath, '--expose-gc', 'serve-node.ts'],
  bun: () => [binary('bun', 'bin/bun.exe'), 'serve-bun.ts'],
  deno: () => [
    binary('deno', 'deno'),
    'run',
    '--allow-all',
    '--v8-flags=--expose-gc',
    '--no-lock',
    '--node-modules-dir=manual',
    'serve-deno.ts',
  ],
  workerd: () => [...workerd, 'worker.capnp'],
  'workerd without Node': () => [...workerd, 'bare-worker.capnp'],
};

/**
 * Starts the app on a runtime and waits until it listens.
 *
 * @throws Error with what it wrote to standard error where it ends before.
 */
export async function startRuntime(name: RuntimeName, app: string): Promise<RuntimeProcess> {
  await writeFile(join(app, 'worker.capnp'), workerConfig('2026-11-01'));
  await writeFile(join(app, 'bare-worker.capnp'), workerConfig('2024-09-01'));
  const [command = '', ...args] = commands[name](app);
  const env = {
    PATH: process.env['PATH'],
    HOME: app,
    TMPDIR: app,
    DENO_DIR: join(app, 'deno'),
    DENO_NO_UPDATE_CHECK: '1',
  };
  const child = spawn(command, args, { cwd: app, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const port = await listeningPort(child, name);
  return {
    name,
    url: `http://127.0.0.1:${port}/`,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once('close', () => resolve());
        child.kill('SIGKILL');
      }),
  };
}

/** Each of them prints a line of JSON with the port. */
function listeningPort(child: ChildProcess, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    createInterface(child.stderr as Readable).on('line', (line) => said.push(line));
    createInterface(child.stdout as Readable).on('line', (line) => {
      const port = portIn(line);
      if (port !== undefined) resolve(port);
    });
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`${name} ended with ${code}:\n${said.join('\n')}`)));
  });
}

function portIn(line: string): number | undefined {
  try {
    return (JSON.parse(line) as { port?: number }).port;
  } catch {
    return undefined;
  }
}

const workerConfig = (compatibilityDate: string): string => `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    ( name = "app", worker = .app ),
    ( name = "internet", network = ( allow = ["public", "private", "local"], tlsOptions = ( trustBrowserCas = true ) ) ),
  ],
  sockets = [( name = "http", address = "127.0.0.1:0", http = (), service = "app" )],
);

const app :Workerd.Worker = (
  modules = [( name = "worker.js", esModule = embed "worker.js" )],
  compatibilityDate = "${compatibilityDate}",
);
`;
