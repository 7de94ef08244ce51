import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { shellEnvironment } from './run-command.ts';

/** A command that goes on until it is stopped. */
export interface StartedCommand extends AsyncDisposable {
  /** Resolves as soon as what it wrote so far, to both outputs, matches. Rejects where it ends before. */
  wrote(pattern: RegExp): Promise<RegExpExecArray>;
  /** Everything it wrote so far. */
  output(): string;
  /** Sends the signal to it and to all it has started, as a terminal does, and gives the one it ended by, if it did. */
  stop(signal?: NodeJS.Signals): Promise<NodeJS.Signals | null>;
}

/** Starts a command as a user's shell would; disposing of it ends it, and what it has started. */
export function start(
  command: string,
  args: readonly string[],
  folder: string,
  variables: Readonly<Record<string, string>> = {},
): StartedCommand {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...shellEnvironment(), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: what `npm` starts is stopped with it.
    detached: true,
  });
  const closed = once(child, 'close');
  const changes = new Set<() => void>();
  let output = '';
  let hasEnded = false;
  const changed = (): void => {
    for (const look of changes) look();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      changed();
    });
  }
  child.once('close', () => {
    hasEnded = true;
    changed();
  });

  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<NodeJS.Signals | null> => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, signal);
    await closed;
    return child.signalCode;
  };

  return {
    output: () => output,
    stop,
    wrote: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(output);
          if (match === null && !hasEnded) return;
          changes.delete(look);
          if (match === null) reject(new Error(`${command} ended without writing ${String(pattern)}:\n${output}`));
          else resolve(match);
        };
        changes.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      await stop('SIGKILL');
    },
  };
}
