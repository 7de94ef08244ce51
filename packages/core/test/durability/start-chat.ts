import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { ChatProcessOptions } from './chat-process.ts';

const script = join(import.meta.dirname, 'chat-process.ts');

/** A running `chat-process.ts`. */
export interface StartedChat {
  readonly child: ChildProcess;
  /** What came after this word so far. */
  said(word: string): readonly string[];
  /** Resolves when so many lines with this word have come; rejects where the process ends before. */
  until(word: string, count: number): Promise<void>;
  /** The exit code or the signal. */
  readonly ended: Promise<number | string | null>;
}

/** Starts it; it is killed when the test has ended. */
export function startChat(options: ChatProcessOptions): StartedChat {
  const child = spawn(process.execPath, ['--conditions=@kilotoken/source', script, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const said = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
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
    ended,
  };
}
