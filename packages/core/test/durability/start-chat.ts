import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { watchProcess } from '../watch-process.ts';
import type { WatchedProcess } from '../watch-process.ts';
import type { ChatProcessOptions } from './chat-process.ts';

const script = join(import.meta.dirname, 'chat-process.ts');

/** A running `chat-process.ts`. */
export interface StartedChat extends WatchedProcess {
  readonly child: ChildProcess;
}

/** Starts it; it is killed when the test has ended. */
export function startChat(options: ChatProcessOptions): StartedChat {
  const child = spawn(process.execPath, ['--conditions=@kilotoken/source', script, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, ...watchProcess(child) };
}
