import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { scratch } from './compile-blocks.ts';
import { root } from './documents.ts';

const run = promisify(execFile);
const tsc = join(root, 'node_modules/typescript/bin/tsc');

/** A small Nest chat that knows nothing of metering, in a folder of its own. */
export interface ExistingApp extends AsyncDisposable {
  readonly folder: string;
  /** Applies a unified diff, exactly. */
  apply(diff: string): Promise<void>;
  /** Checks the types, and writes JavaScript to `dist`. */
  compile(): Promise<void>;
}

/** Copies the app out of `existing-chat`. */
export async function existingApp(): Promise<ExistingApp> {
  await mkdir(scratch, { recursive: true });
  const folder = await mkdtemp(join(scratch, 'existing-chat-'));
  await cp(join(import.meta.dirname, 'existing-chat'), folder, { recursive: true });
  const config = join(folder, 'tsconfig.json');
  const settings = JSON.parse(await readFile(config, 'utf8')) as object;
  await writeFile(config, JSON.stringify({ ...settings, extends: join(root, 'tsconfig.base.json') }));
  return {
    folder,
    async apply(diff) {
      const patch = join(folder, 'walkthrough.patch');
      await writeFile(patch, diff);
      await run('git', ['apply', '--unidiff-zero', '--whitespace=error', patch], { cwd: folder });
    },
    async compile() {
      await run(process.execPath, [tsc, '-p', folder, '--pretty', 'false']).catch((error: { stdout: string }) => {
        throw new Error(error.stdout);
      });
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
