// Where the bytes of an app go that has nothing but the widget: npm run sizes -w packages/react-widget
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import type { Rollup } from 'vite';

const source = join(import.meta.dirname, '../src');
const locale = (tag: string): string => `export { default as ${tag} } from '${source}/locales/${tag}.json';`;
const apps = {
  'store and hook': `export { createUsageStore, useTokenUsage, KilotokenProvider } from '${source}/headless.ts';`,
  'widget, en ru zh es': `export { TokenMeter } from '${source}/index.ts'; ${['ru', 'zh', 'es'].map(locale).join(' ')}`,
};

for (const [name, code] of Object.entries(apps)) {
  const { code: text, owners } = await bundle(code);
  const whole = gzipSync(text, { level: 9 }).length;
  // What the bundle would lose without a file: less than the file alone, because files resemble each other.
  const rows = [...new Set(owners)].map((owner) => {
    const rest = text
      .split('')
      .filter((_, index) => owners[index] !== owner)
      .join('');
    return { owner, minified: text.length - rest.length, gzip: whole - gzipSync(rest, { level: 9 }).length };
  });
  console.log(`\n${name}: ${text.length} bytes minified, ${whole} gzip`);
  for (const { owner, minified, gzip } of rows.toSorted((a, b) => b.gzip - a.gzip)) {
    console.log(`  ${owner.padEnd(32)}${String(minified).padStart(7)}${String(gzip).padStart(7)}`);
  }
}

/** Id of the script that stands for a catalog. */
function words(id: string): string | undefined {
  return id.endsWith('.json') ? join(source, 'locales', `${basename(id)}.js`) : undefined;
}

function wordsCode(id: string): string | undefined {
  return id.endsWith('.json.js') ? `export default ${readFileSync(id.slice(0, -3), 'utf8')}` : undefined;
}

/** The app as a bundler ships it, and for each character the file it comes from. */
async function bundle(entry: string): Promise<{ readonly code: string; readonly owners: readonly string[] }> {
  const { output } = (await build({
    configFile: false,
    logLevel: 'error',
    oxc: { jsx: { runtime: 'automatic', development: false } },
    plugins: [
      {
        name: 'entry',
        enforce: 'pre',
        // Words as scripts: of JSON no map is made.
        resolveId: (id) => (id === 'app' ? '\0app' : words(id)),
        load: (id) => (id === '\0app' ? entry : wordsCode(id)),
      },
    ],
    build: {
      write: false,
      minify: true,
      sourcemap: true,
      target: 'es2022',
      modulePreload: false,
      rollupOptions: { input: 'app', external: /^react/, preserveEntrySignatures: 'strict' },
    },
  })) as Rollup.RollupOutput;
  const [{ code, map }] = output;
  const origins = new SourceMap(JSON.parse(map?.toString() ?? '{}'));
  const text = code.replace(/\n\/\/# sourceMappingURL.*\n?$/, '');
  const owners = text.split('\n').flatMap((line, lineNumber) =>
    `${line}\n`.split('').map((_, column) => {
      const entryOf = origins.findEntry(lineNumber, column) as { readonly originalSource?: string };
      return entryOf.originalSource?.split('/src/').at(-1) ?? 'imports';
    }),
  );
  return { code: text, owners };
}
