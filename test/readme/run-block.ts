import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeProvider } from '@kilotoken/core/testing';

/** What a run of one module left behind. */
export interface BlockRun {
  /** 0 where it ended by itself in good order. */
  readonly exitCode: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Requests that reached the provider named by the environment. */
  readonly requests: number;
}

/**
 * Runs a TypeScript module as a reader would who copied it: in an empty folder, with a key in the environment. The
 * OpenAI client talks to a fake provider there. Ends it after 20 seconds.
 */
export async function runBlock(path: string): Promise<BlockRun> {
  await using provider = await fakeProvider();
  const folder = await mkdtemp(join(tmpdir(), 'kilotoken-block-'));
  const env = {
    ...process.env,
    OPENAI_BASE_URL: provider.baseURL,
    OPENAI_API_KEY: 'test',
    NODE_ENV: 'development',
    NODE_NO_WARNINGS: '1',
  };
  const args = ['--conditions=@kilotoken/source', path];
  try {
    return await new Promise((resolve) => {
      execFile(process.execPath, args, { cwd: folder, env, timeout: 20_000 }, (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : error.killed === true ? 'timed out' : error.code;
        resolve({ exitCode, stdout, stderr, requests: provider.requests.length });
      });
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}
