import { defineConfig } from 'tsup';

export default defineConfig([
  {
    entry: ['src/index.ts', 'src/testing/index.ts'],
    format: ['esm', 'cjs'],
    dts: true,
    sourcemap: true,
    clean: true,
    external: ['mongodb-memory-server-core'],
    target: 'node22',
  },
  // Waits at its top level, which CommonJS cannot.
  { entry: { 'cli/main': 'src/cli/main.ts' }, format: ['esm'], sourcemap: true, target: 'node22' },
]);
