import { builtinModule } from './builtin-module.ts';

/** Where a file is now, so that a process that changes its working directory later does not get another one. */
export function absolutePath(path: string): string {
  try {
    return builtinModule('node:path')?.resolve(path) ?? path;
  } catch {
    // The working directory is gone, or Deno may not tell it.
    return path;
  }
}
