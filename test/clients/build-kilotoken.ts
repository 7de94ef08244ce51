import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'tsup';

/** The library and the list of checks, built as they are published, in a folder of their own. */
export interface BuiltKilotoken {
  readonly esm: string;
  readonly cjs: string;
  /** The drop-in list as one file, for versions of Node that cannot run TypeScript. */
  readonly runner: string;
  remove(): void;
}

/** Builds what a test needs, without touching the `dist` of the package. */
export async function buildKilotoken(): Promise<BuiltKilotoken> {
  const core = join(import.meta.dirname, '../../packages/core');
  const folder = join(import.meta.dirname, 'temp', `built-${randomUUID()}`);
  const common = { silent: true, config: false, clean: false, splitting: false, outDir: folder } as const;
  await build({
    ...common,
    entry: { kilotoken: join(core, 'src/index.ts') },
    format: ['esm', 'cjs'],
    target: 'node22',
    outExtension: ({ format }) => ({ js: format === 'cjs' ? '.cjs' : '.mjs' }),
  });
  await build({
    ...common,
    entry: { 'run-drop-in': join(import.meta.dirname, 'run-drop-in.ts') },
    format: ['esm'],
    noExternal: [/^@kilotoken/],
    external: [/^openai/],
    target: 'node20',
    outExtension: () => ({ js: '.mjs' }),
    esbuildOptions: (options) => {
      options.conditions = ['@kilotoken/source'];
    },
  });
  return {
    esm: join(folder, 'kilotoken.mjs'),
    cjs: join(folder, 'kilotoken.cjs'),
    runner: join(folder, 'run-drop-in.mjs'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
