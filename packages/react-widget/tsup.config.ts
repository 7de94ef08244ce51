import { rmSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { defineConfig } from 'tsup';
import type { Options } from 'tsup';

const modules: Options = {
  entry: [
    'src/index.ts',
    'src/headless.ts',
    'src/core.ts',
    'src/server.ts',
    'src/sse.ts',
    'src/locales.ts',
    'src/adapters/ai-sdk.ts',
    'src/adapters/swr.ts',
    'src/adapters/tanstack.ts',
  ],
  dts: true,
  sourcemap: true,
  // The maps name the files of `src`, which are published beside them.
  esbuildOptions: (options) => void (options.sourcesContent = false),
  target: 'es2022',
};

export default defineConfig(({ outDir = 'dist' }) => {
  // The builds below run at once: none of them may clean up after another.
  rmSync(outDir, { recursive: true, force: true });
  const onSuccess = (): Promise<void> =>
    cp('src/locales', `${outDir}/locales`, { recursive: true, filter: (path) => !path.endsWith('.ts') });
  /**
   * In the values of variables esbuild leaves every space. TypeScript 6 wants types of whatever is imported; what a style
   * sheet exports, if anything, is up to the app's bundler.
   */
  const onStyles = async (): Promise<void> => {
    const css = await readFile(`${outDir}/styles.css`, 'utf8');
    await writeFile(`${outDir}/styles.css`, css.replaceAll(/([:,]) /g, '$1'));
    await writeFile(`${outDir}/styles.css.d.cts`, 'declare const styles: any;\nexport = styles;\n');
  };
  return [
    // One copy of the context and of the store, whichever entries an app takes.
    { ...modules, format: 'esm', splitting: true },
    { ...modules, format: 'cjs', onSuccess },
    { entry: ['src/styles.css'], minify: true, target: ['chrome123', 'firefox121', 'safari17.5'], onSuccess: onStyles },
  ];
});
