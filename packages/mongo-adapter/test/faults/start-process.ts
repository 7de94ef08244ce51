import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A running script of this folder. */
export interface ScriptProcess {
  readonly child: ChildProcess;
  /** What it printed so far. */
  readonly lines: readonly string[];
  /** Resolves with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Starts one, and tells of each line it prints. */
export function startProcess(script: string, args: readonly string[], onLine?: (line: string) => void): ScriptProcess {
  const child = spawn(
    process.execPath,
    ['--conditions=@kilotoken/source', join(import.meta.dirname, script), ...args],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    onLine?.(line);
  });
  // `close`, not `exit`: then its last lines have been read.
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null);
  return { child, lines, ended };
}
