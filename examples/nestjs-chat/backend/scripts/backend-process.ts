import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const backendFolder = fileURLToPath(new URL('..', import.meta.url));
const typescript = createRequire(import.meta.url)
  .resolve('typescript/package.json')
  .replace('package.json', 'bin/tsc');

/** The backend in a process of its own. */
export interface BackendProcess {
  /** Where it listens. */
  readonly url: string;
  /** Sends a signal and waits for the end. Resolves with the exit code, `null` where the signal ended it. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
  /** Resolves when it has ended, whoever ended it. */
  readonly ended: Promise<void>;
}

/** Compiles the backend. Node strips types by itself, but not the decorators of Nest. Types are checked elsewhere. */
export async function compileBackend(): Promise<void> {
  const compiler = spawn(process.execPath, [typescript, '-p', 'tsconfig.build.json', '--noCheck'], {
    cwd: backendFolder,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(compiler, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`compiling the backend ended with code ${code}`);
}

/**
 * Starts the compiled backend with the sources of the packages, and waits until it listens.
 *
 * @throws Error where it ends before it listens.
 */
export async function startBackend(env: Readonly<Record<string, string>>): Promise<BackendProcess> {
  const child = spawn(process.execPath, ['--conditions=@kilotoken/source', 'dist/main.js'], {
    cwd: backendFolder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit').then(() => undefined);
  const url = await Promise.race([listening(child), ended.then(() => undefined)]);
  if (url === undefined) throw new Error(`the backend ended with code ${child.exitCode} before it listened`);
  return {
    url,
    ended,
    async stop(signal) {
      child.kill(signal);
      await ended;
      return child.exitCode;
    },
  };
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    if (child.stdout === null) return;
    // Read to the end, or the pipe would fill and stop the backend.
    createInterface({ input: child.stdout }).on('line', (line) => {
      const url = /^listening on (\S+)$/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
}
