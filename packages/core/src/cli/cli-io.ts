import type { Writable } from 'node:stream';
import { visible } from './terminal-text.ts';

/** Where a command writes: `process.stdout`, or anything like it. */
export type CliOutput = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** What a command sees of its process. */
export interface CliIo {
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How a command ended. 0: fine. 1: something is wrong with the store. 2: the command could not do what was asked. */
export type ExitCode = 0 | 1 | 2;

/**
 * Writes and waits until the reader took it, so that a slow one never makes us collect the whole store in memory.
 *
 * @returns False where the reader is gone (`| head`): no reason to complain, and none to go on.
 */
export function print(output: CliOutput, text: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    output.write(text, (error) => {
      if (error === null || error === undefined) resolve(true);
      else if (isReaderGone(error)) resolve(false);
      else reject(error);
    });
  });
}

/**
 * Writes data for programs: in a file or a pipe as they are, in a terminal without what moves its cursor or recolours it, which
 * users may have put into names.
 */
export function printData(output: CliOutput, text: string): Promise<boolean> {
  return print(output, output.isTTY === true ? text.split('\n').map(visible).join('\n') : text);
}

function isReaderGone(error: Error): boolean {
  const code = 'code' in error ? error.code : undefined;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}
