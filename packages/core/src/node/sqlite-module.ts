import type * as sqliteNamespace from 'node:sqlite';
import { builtinModule } from './builtin-module.ts';

/** The `node:sqlite` module of this runtime, loaded without its warning; undefined where there is none. */
export function sqliteModule(): typeof sqliteNamespace | undefined {
  const runtime = globalThis.process as typeof process | undefined;
  if (runtime === undefined) return undefined;
  // workerd has the module, but nothing in it can be constructed.
  if (globalThis.navigator?.userAgent === 'Cloudflare-Workers') return undefined;
  // oxlint-disable-next-line typescript/unbound-method -- put back as it was, never called
  const { emitWarning } = runtime;
  // Node 22 announces its SQLite as experimental on stderr; a library that prints nothing must keep that quiet.
  runtime.emitWarning = () => {};
  try {
    return builtinModule('node:sqlite');
  } finally {
    runtime.emitWarning = emitWarning;
  }
}
