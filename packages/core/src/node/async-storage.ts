import type { AsyncLocalStorage } from 'node:async_hooks';
import { builtinModule } from './builtin-module.ts';

/** A new storage that follows async code; undefined where the runtime has none. */
export function asyncStorage<Value>(): AsyncLocalStorage<Value> | undefined {
  // The edge runtime of Next has the class as a global, and no module.
  const { AsyncLocalStorage: Storage } = (builtinModule('node:async_hooks') ?? globalThis) as {
    readonly AsyncLocalStorage?: typeof AsyncLocalStorage<Value>;
  };
  return Storage && new Storage();
}
