import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  dts: true,
  sourcemap: true,
  // The maps name the files of `src`, which are published beside them.
  esbuildOptions: (options) => void (options.sourcesContent = false),
  clean: true,
  target: 'node22',
});
