import { join } from 'node:path';
import { build, defaultClientConditions } from 'vite';
import type { Rollup } from 'vite';

/** A file of the page, ready to be served. */
export interface PageFile {
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** Builds the page as an app would, into memory. */
export async function buildPage(): Promise<ReadonlyMap<string, PageFile>> {
  const { output } = (await build({
    configFile: false,
    root: join(import.meta.dirname, '../page'),
    mode: 'production',
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    // The sources of this repository. An app of your own needs no conditions.
    resolve: { conditions: ['@kilotoken/source', ...defaultClientConditions] },
    oxc: { jsx: { runtime: 'automatic', development: false } },
    build: {
      write: false,
      // These know `light-dark()`, which older targets would have rewritten into something else.
      target: ['chrome123', 'firefox121', 'safari17.5'],
      // Inlined assets and the polyfill's inline script would need holes in the content security policy.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  })) as Rollup.RollupOutput;
  return new Map(
    output.map((file) => [
      `/${file.fileName}`,
      { type: typeOf(file.fileName), body: file.type === 'chunk' ? file.code : file.source },
    ]),
  );
}

function typeOf(name: string): string {
  if (name.endsWith('.html')) return 'text/html; charset=utf-8';
  return name.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8';
}
