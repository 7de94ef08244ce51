import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { watchProcess } from '../../watch-process.ts';
import type { WatchedProcess } from '../../watch-process.ts';

const script = join(import.meta.dirname, 'append-process.ts');

/** A running `append-process.ts`. */
export interface StartedProcess extends WatchedProcess {
  readonly child: ChildProcess;
  append(id: string): void;
}

/** Starts it; `limit` is a shell command to run before, `flags` are for Node, `onLine` hears of each line and how many there are. */
export function startProcess(
  args: readonly string[],
  { limit, flags = [], onLine }: { limit?: string; flags?: readonly string[]; onLine?: (count: number) => void } = {},
): StartedProcess {
  const command = [process.execPath, '--conditions=@kilotoken/source', ...flags, script, ...args];
  const child =
    limit === undefined
      ? spawn(command[0] ?? '', command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] })
      : spawn('bash', ['-c', `${limit}; exec "$@"`, 'bash', ...command], { stdio: ['pipe', 'pipe', 'inherit'] });
  return { child, ...watchProcess(child, onLine), append: (id) => void child.stdin.write(`${id}\n`) };
}
