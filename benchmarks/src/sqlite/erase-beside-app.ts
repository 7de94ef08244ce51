import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sqliteStore } from '@kilotoken/core';
import { usageRecord } from '@kilotoken/core/testing';

const main = join(import.meta.dirname, '../../../packages/core/src/cli/main.ts');

/** Runs `kilotoken erase` beside an app that appends every 20 ms; tells what the app felt of it. */
export async function eraseBesideApp(path: string, userId: string, options: readonly string[]): Promise<string> {
  const store = sqliteStore({ path, busyTimeoutMs: 120_000 });
  const state = { isOver: false };
  let longestWait = 0;
  let longestPause = 0;
  let tickedAt = performance.now();
  const ticking = setInterval(() => {
    longestPause = Math.max(longestPause, performance.now() - tickedAt);
    tickedAt = performance.now();
  }, 1);
  const appending = async (): Promise<void> => {
    for (let index = 0; !state.isOver; index += 1) {
      const start = performance.now();
      // oxlint-disable-next-line no-await-in-loop -- one append after the other
      await store.append([usageRecord({ id: `beside ${userId} ${options.join(' ')} ${index}` })]);
      longestWait = Math.max(longestWait, performance.now() - start);
      // oxlint-disable-next-line no-await-in-loop -- see above
      await pause(20);
    }
  };
  const app = appending();
  const start = performance.now();
  const args = ['--conditions=@kilotoken/source', main, 'erase', '--store', path, '--user', userId, ...options];
  const [exitCode] = (await once(spawn(process.execPath, args, { stdio: 'ignore' }), 'exit')) as [number | null];
  const took = performance.now() - start;
  // What the erase left in the log is moved now.
  await pause(2000);
  state.isOver = true;
  await app;
  clearInterval(ticking);
  await store.close();
  const name = ['erase', ...options].join(' ');
  const figures = `${took.toFixed(0)} ms; an append waited ${longestWait.toFixed(0)} ms`;
  return `${name.padEnd(20)} ${figures} at most, the event loop ${longestPause.toFixed(0)} ms (exit code ${exitCode})`;
}
