// Where the bytes of an app go that has nothing but the widget: npm run sizes -w packages/react-widget
// What would be left without some parts or files: npm run sizes -w packages/react-widget -- --without reading,store/open-channel.ts
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import type { Rollup } from 'vite';

const source = join(import.meta.dirname, '../src');
const locale = (tag: string): string => `export { default as ${tag} } from '${source}/locales/${tag}.json';`;
const apps = {
  'store and hook': `export { createUsageStore, useTokenUsage, KilotokenProvider } from '${source}/headless.ts';`,
  'widget, en ru zh es': `export { TokenMeter } from '${source}/index.ts'; ${['ru', 'zh', 'es'].map(locale).join(' ')}`,
};
/** A file belongs to the first part that names it. */
const parts = {
  requests: /^store\/(fetch-usage|create-refresher)/,
  store: /^store\//,
  reading: /^usage\/read-usage/,
  order: /^usage\//,
  hook: /^(react\/(use-token-usage|usage-provider)|format\/usage-level)/,
  format: /^format\//,
  words: /^locales\//,
  panel: /^react\/(use-popover|usage-panel|usage-days)/,
  card: /^react\//,
  imports: /./,
};
const { values } = parseArgs({ options: { without: { type: 'string', default: '' } } });

for (const [name, code] of Object.entries(apps)) {
  const { code: text, owners } = await bundle(code);
  const left = (isGone: (owner: string) => boolean): string =>
    text
      .split('')
      .filter((_, index) => !isGone(owners[index] ?? ''))
      .join('');
  const whole = gzipped(text);
  console.log(`\n${name}: ${text.length} bytes minified, ${whole} gzip`);
  if (values.without !== '') {
    const gone = new Set(values.without.split(','));
    console.log(
      `  without ${values.without}: ${gzipped(left((owner) => gone.has(partOf(owner)) || gone.has(owner)))} gzip`,
    );
    continue;
  }
  // What the bundle would lose without it: less than it is alone, because files resemble each other.
  const print = (title: string, indent: string, isGone: (owner: string) => boolean): void => {
    const rest = left(isGone);
    const columns = [text.length - rest.length, whole - gzipped(rest)].map((bytes) => String(bytes).padStart(7));
    console.log(`${(indent + title).padEnd(36)}${columns.join('')}`);
  };
  for (const part of new Set(owners.map(partOf))) {
    print(part, '  ', (owner) => partOf(owner) === part);
    const files = [...new Set(owners)].filter((owner) => partOf(owner) === part);
    if (files.length > 1) for (const file of files) print(file, '    ', (owner) => owner === file);
  }
}

function gzipped(text: string): number {
  return gzipSync(text, { level: 9 }).length;
}

function partOf(file: string): string {
  return Object.entries(parts).find(([, files]) => files.test(file))?.[0] ?? '';
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
