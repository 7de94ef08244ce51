import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { shellEnvironment } from './packed/run-command.ts';

/** A program that serves, and everything it has started. */
export interface ServedProcess extends AsyncDisposable {
  readonly url: string;
  /** What it printed, but for its address. */
  readonly lines: readonly string[];
  /** Sends the signal to all of it, as a terminal does, and waits for the end. Gives the signal that ended it, if one did. */
  stop(signal: NodeJS.Signals): Promise<NodeJS.Signals | null>;
}

/**
 * Starts a program as a user's shell would, and waits until it says where it listens.
 *
 * @throws Error with what it wrote, where it ends before.
 */
export async function servedProcess(
  [command = '', ...args]: readonly string[],
  folder: string,
  variables: Readonly<Record<string, string>>,
): Promise<ServedProcess> {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...shellEnvironment(), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: what `npm` starts is stopped with it.
    detached: true,
  });
  const closed = once(child, 'close');
  const lines: string[] = [];
  const listening = new Promise<string>((resolve) => {
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        const url = /(?:listening on|Local:)\s+(http\S+)/.exec(line)?.[1];
        if (url === undefined) lines.push(line);
        else resolve(url);
      });
    }
  });
  const signalAll = (signal: NodeJS.Signals): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, signal);
  };
  const url = await Promise.race([listening, closed.then(() => undefined)]);
  if (url === undefined) throw new Error(`${command} ${args.join(' ')} ended before it listened:\n${lines.join('\n')}`);
  return {
    url,
    lines,
    async stop(signal) {
      signalAll(signal);
      await closed;
      return child.signalCode;
    },
    async [Symbol.asyncDispose]() {
      signalAll('SIGKILL');
      await closed;
    },
  };
}
