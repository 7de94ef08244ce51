import type * as asyncHooks from 'node:async_hooks';
import type * as fs from 'node:fs';
import type * as fsPromises from 'node:fs/promises';
import type * as os from 'node:os';
import type * as path from 'node:path';
import type * as sqlite from 'node:sqlite';
import type * as stream from 'node:stream';
import type * as zlib from 'node:zlib';

interface BuiltinModules {
  readonly 'node:async_hooks': typeof asyncHooks;
  readonly 'node:fs': typeof fs;
  readonly 'node:fs/promises': typeof fsPromises;
  readonly 'node:os': typeof os;
  readonly 'node:path': typeof path;
  readonly 'node:sqlite': typeof sqlite;
  readonly 'node:stream': typeof stream;
  readonly 'node:zlib': typeof zlib;
}

/**
 * A built-in module of Node, where the runtime has it. No import, for which a bundler or another runtime might have no
 * answer; and the edge runtime of Next throws where it is asked.
 */
export function builtinModule<Name extends keyof BuiltinModules>(name: Name): BuiltinModules[Name] | undefined {
  try {
    return globalThis.process?.getBuiltinModule?.(name as string) as BuiltinModules[Name] | undefined;
  } catch {
    return undefined;
  }
}
