import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';

/** A process that prints lines, each a word and what it says by it. */
export interface WatchedProcess {
  /** What came after this word so far. */
  said(word: string): readonly string[];
  /** Resolves when so many lines with this word have come; rejects where the process ends before. */
  until(word: string, count: number): Promise<void>;
  /** The exit code or the signal. */
  readonly ended: Promise<number | string | null>;
}

/** Listens to it, and kills it when the test has ended; `onLine` hears of each line how many there are. */
export function watchProcess(
  child: ChildProcess & { readonly stdout: Readable },
  onLine?: (count: number) => void,
): WatchedProcess {
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
    ended,
  };
}
