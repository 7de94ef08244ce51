import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

const script = join(import.meta.dirname, 'append-process.ts');

/** A running `append-process.ts`. */
export interface StartedProcess {
  readonly child: ChildProcess;
  /** What came after this word so far. */
  said(word: string): readonly string[];
  /** Resolves when so many lines with this word have come; rejects where the process ends before. */
  until(word: string, count: number): Promise<void>;
  append(id: string): void;
  /** The exit code or the signal. */
  readonly ended: Promise<number | string | null>;
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
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const said = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
    onLine?.(lines.length);
  });
  const ended = new Promise<number | string | null>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    child,
    said,
    until: (word, count) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (said(word).length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
        void ended.then((how) => reject(new Error(`ended by ${how} before it said "${word}" ${count} times`)));
      }),
    append: (id) => void child.stdin.write(`${id}\n`),
    ended,
  };
}
