import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the built front end. */
    readonly frontEnd: string;
  }
}

/** Builds the front end once for all files, as it is shipped. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'nestjs-chat-front-end-'));
  const root = join(import.meta.dirname, '../frontend');
  // The test runner's own mode would bundle React's development build.
  const mode = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  await build({ root, mode: 'production', logLevel: 'warn', build: { outDir: folder, emptyOutDir: true } });
  process.env['NODE_ENV'] = mode;
  project.provide('frontEnd', folder);
  return () => rm(folder, { recursive: true, force: true });
}
