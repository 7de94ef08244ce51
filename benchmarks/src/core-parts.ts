// What is a bundle of `createMeter` made of, and what would it lose without each part?
// Run from the root: npm run bench -- --only core-parts
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import type { Rollup } from 'vite';
import { reportTable } from './runner/results.ts';

const source = join(import.meta.dirname, '../../packages/core/src');
/** The first that fits names the part; the rest of core is what joins them. */
const parts: readonly (readonly [part: string, file: RegExp])[] = [
  ['options and their checks', /src\/(?:options|option-check|wrong-option)\.ts|\/check-[\w-]+\.ts/],
  ['price cards of all models', /src\/pricing\/book\/price-(?:cards|text)\.ts/],
  ['pricing', /src\/pricing\//],
  ['capture', /src\/capture\//],
  ['normalize', /src\/normalize\//],
  ['journal', /src\/recording\/journal/],
  ['recording', /src\/recording\//],
];

const bundled = await bundle(`export { createMeter } from '${source}/index.ts';`);
const whole = sizes(bundled.code);
const rows = [...new Set(bundled.owners)].map((part) => {
  const others = bundled.code.split('').filter((_, index) => bundled.owners[index] !== part);
  const without = sizes(others.join(''));
  return { part, 'minified kB': whole.minified - without.minified, 'gzip kB': whole.gzip - without.gzip };
});
reportTable('A bundle of createMeter', [
  ...rows.toSorted((one, other) => other['gzip kB'] - one['gzip kB']),
  { part: 'all of it', 'minified kB': whole.minified, 'gzip kB': whole.gzip },
]);

function sizes(text: string): { readonly minified: number; readonly gzip: number } {
  const bytes = Buffer.from(text);
  return { minified: bytes.length / 1e3, gzip: gzipSync(bytes, { level: 9 }).length / 1e3 };
}

/** The minified bundle, and for each character of it the part that it comes from. */
async function bundle(entry: string): Promise<{ readonly code: string; readonly owners: readonly string[] }> {
  const { output } = (await build({
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'entry',
        enforce: 'pre',
        resolveId: (id) => (id === 'app' ? '\0app' : undefined),
        load: (id) => (id === '\0app' ? entry : undefined),
      },
    ],
    build: {
      write: false,
      minify: true,
      sourcemap: true,
      target: 'node22',
      modulePreload: false,
      rollupOptions: { input: 'app', external: /^node:/, preserveEntrySignatures: 'strict' },
    },
  })) as Rollup.RollupOutput;
  const [chunk] = output;
  const map = new SourceMap(JSON.parse(chunk.map?.toString() ?? '{}'));
  const lines = chunk.code.replace(/\n\/\/# sourceMappingURL.*\n?$/, '').split('\n');
  const owners = lines.flatMap((line, row) =>
    `${line}\n`.split('').map((_, column) => {
      const { originalSource = '' } = map.findEntry(row, column) as { readonly originalSource?: string };
      return parts.find(([, file]) => file.test(originalSource))?.[0] ?? 'the rest';
    }),
  );
  return { code: lines.map((line) => `${line}\n`).join(''), owners };
}
