import { readFile } from 'node:fs/promises';
import { defineConfig } from 'tsup';
import type { Options } from 'tsup';

/**
 * zod keeps its settings in a global. With one of its own, ours adds nothing to the app's globals, and what the app sets for its
 * zod is not asked about our options.
 */
const ownZodSettings: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'own-zod-settings',
  setup(build) {
    build.onLoad({ filter: /[/\\]zod[/\\]v4[/\\]core[/\\]core\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const rest = source.replaceAll('globalThis.__zod_globalConfig', '').replace('(_a = globalThis).', '');
      if (source === rest || rest.includes('globalThis'))
        throw new Error(`${path}: zod uses other globals than it did`);
      // On the first line, so that the map holds.
      return { contents: `const globalThis = {}; ${source}`, loader: 'js' };
    });
  },
};

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
  noExternal: ['zod'],
  esbuildPlugins: [ownZodSettings],
  target: 'node22',
});
