import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { ResultOf, Task } from './task.ts';

/** A contestant that runs and waits for work, one piece at a time. */
export interface Contestant {
  /** @throws Error where the contestant failed, with its stack. */
  ask<Given extends Task>(task: Given): Promise<ResultOf<Given['kind']>>;
  stop(): void;
}

interface Reply {
  readonly isReady?: true;
  readonly result?: unknown;
  readonly error?: string;
}

const script = join(import.meta.dirname, 'contestant-process.ts');
const limitMs = 120_000;

/**
 * Starts a contestant in a warm process of its own.
 *
 * @param folder - Where its modules are found.
 */
export async function startContestant(setup: string, folder: string, sinkUrl: string): Promise<Contestant> {
  const child = fork(script, [setup, folder, sinkUrl], {
    execArgv: ['--conditions=@kilotoken/source', '--expose-gc'],
    // What contestants say of their keys and their services is not ours to print.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let complaint = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    complaint = `${complaint}${bytes.toString()}`.slice(-2000);
  });

  function reply(): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => done(new Error(`${setup} did not answer in ${limitMs} ms`)), limitMs);
      const done = (error?: Error, message?: Reply): void => {
        clearTimeout(timer);
        child.removeAllListeners('message').removeAllListeners('exit');
        if (error === undefined) resolve(message ?? {});
        else reject(error);
      };
      child.once('message', (message) => done(undefined, message as Reply));
      child.once('exit', (code) => done(new Error(`${setup} ended with ${code}: ${complaint}`)));
    });
  }

  await reply();
  return {
    async ask(task) {
      const answer = reply();
      child.send(task);
      const { result, error } = await answer;
      if (error !== undefined) throw new Error(`${setup}: ${error}`);
      return result as ResultOf<(typeof task)['kind']>;
    },
    stop() {
      child.kill();
    },
  };
}
