import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts', 'src/store-kit.ts', 'src/otel/index.ts', 'src/cli/main.ts', 'src/testing/index.ts'],
  format: ['esm', 'cjs'],
  dts: true,
  sourcemap: true,
  // The maps name the files of `src`, which are published beside them.
  esbuildOptions: (options) => void (options.sourcesContent = false),
  // One file per entry, as in CommonJS: the four files that entries would share cost the import of the main one 2 ms.
  splitting: false,
  clean: true,
  target: 'node22',
});
