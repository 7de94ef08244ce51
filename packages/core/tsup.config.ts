import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts', 'src/store-kit.ts', 'src/otel/index.ts', 'src/cli/main.ts', 'src/testing/index.ts'],
  format: ['esm', 'cjs'],
  dts: true,
  sourcemap: true,
  clean: true,
  noExternal: ['zod'],
  target: 'node22',
});
