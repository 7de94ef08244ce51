// How much does an app install, and how much does a bundle of it carry, on top of `openai`?
// Run from the root: npm run bench -- --only size
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { installedApps } from './field/installed-apps.ts';
import type { InstalledApp } from './field/installed-apps.ts';
import { notInstalled } from './field/lineup.ts';
import { reportTable } from './runner/results.ts';
import type { Row } from './runner/results.ts';

const { apps, missing } = installedApps();
const rows: Row[] = [];
for (const app of apps) {
  const folders = packageFolders(join(app.folder, 'node_modules')).filter((path) => !path.endsWith('/openai'));
  // oxlint-disable-next-line no-await-in-loop -- bundlers take all cores as it is
  const bundle = await bundled(app);
  rows.push({
    contestant: app.name,
    packages: folders.length,
    'installed MB': folders.reduce((total, path) => total + bytesOf(path), 0) / 1e6,
    'bundle kB': bundle.length / 1e3,
    'bundle kB gzip': gzipSync(bundle, { level: 9 }).length / 1e3,
  });
}
for (const name of missing) rows.push({ contestant: name, packages: notInstalled });
reportTable('Size', rows);

/** Everything the entries need but `openai` and Node itself, minified. */
async function bundled(app: InstalledApp): Promise<Buffer> {
  const folder = mkdtempSync(join(app.folder, 'bundle-'));
  const entry = join(folder, 'entry.js');
  writeFileSync(entry, app.entries.map((name, index) => `export * as entry${index} from '${name}';`).join('\n'));
  try {
    const output = await build({
      root: folder,
      logLevel: 'silent',
      configFile: false,
      build: {
        ssr: entry,
        write: false,
        minify: true,
        target: 'node22',
        rolldownOptions: { external: [/^openai($|\/)/] },
      },
      ssr: { noExternal: true, target: 'node' },
    });
    const parts = [output].flat().flatMap((each) => ('output' in each ? each.output : []));
    return Buffer.from(parts.map((part) => (part.type === 'chunk' ? part.code : '')).join('\n'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Every installed package, nested ones as well. */
function packageFolders(modules: string): readonly string[] {
  if (!existsSync(modules)) return [];
  return readdirSync(modules, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .flatMap(({ name }) =>
      name.startsWith('@')
        ? readdirSync(join(modules, name)).map((inner) => join(modules, name, inner))
        : [join(modules, name)],
    )
    .flatMap((path) => [path, ...packageFolders(join(path, 'node_modules'))]);
}

/** Bytes of a package's files, without those of packages inside of it. */
function bytesOf(path: string): number {
  return readdirSync(path, { withFileTypes: true }).reduce((total, entry) => {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? total : total + bytesOf(inner);
    return entry.isFile() ? total + statSync(inner).size : total;
  }, 0);
}
