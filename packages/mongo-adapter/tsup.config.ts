import { defineConfig } from 'tsup';
import type { Options } from 'tsup';

// The maps name the files of `src`, which are published beside them.
const lightMaps: Options = { sourcemap: true, esbuildOptions: (options) => void (options.sourcesContent = false) };

export default defineConfig([
  {
    entry: ['src/index.ts', 'src/testing/index.ts'],
    format: ['esm', 'cjs'],
    dts: true,
    ...lightMaps,
    clean: true,
    external: ['mongodb-memory-server-core'],
    target: 'node22',
  },
  // Waits at its top level, which CommonJS cannot.
  { entry: { 'cli/main': 'src/cli/main.ts' }, format: ['esm'], ...lightMaps, target: 'node22' },
]);
