import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { PackedPackage } from './packed-package.ts';
import { run } from './run-command.ts';
import { start } from './start-command.ts';
import type { StartedCommand } from './start-command.ts';

const templates = join(import.meta.dirname, 'apps');

/** The Node that runs the apps: CI names the machine's own where that is in the supported range. */
export const appNode = process.env['KILOTOKEN_APP_NODE'] ?? process.execPath;

/** An app of a stranger, outside of the workspace, with our tarballs installed from disk. */
export interface FreshApp extends AsyncDisposable {
  readonly folder: string;
  /** Runs a JavaScript file of the app, or of one of its packages, and gives what it printed. */
  node(args: readonly string[], variables?: Readonly<Record<string, string>>): Promise<string>;
  /** The same for one that goes on. */
  startNode(args: readonly string[], variables?: Readonly<Record<string, string>>): StartedCommand;
}

/**
 * Copies the templates one over the other into a new folder and installs what they ask for, and our packages.
 *
 * @param layers - Folders under `apps`, or absolute paths. What was installed or built there stays behind.
 */
export async function freshApp(layers: readonly string[], packages: readonly PackedPackage[]): Promise<FreshApp> {
  const folder = await mkdtemp(join(tmpdir(), `kilotoken-app-${basename(layers.at(-1) ?? '')}-`));
  const filter = (path: string): boolean => !/[/\\](?:node_modules|\.next)$/.test(path);
  for (const layer of layers) await cp(resolve(templates, layer), folder, { recursive: true, filter });
  await addPackages(join(folder, 'package.json'), packages);
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--no-package-lock'], folder);
  return {
    folder,
    node: (args, variables) => run(appNode, args, folder, variables),
    startNode: (args, variables) => start(appNode, args, folder, variables),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, maxRetries: 3 }),
  };
}

/** A file that imports every typed entry of the packages, for the app's own compiler. */
export function importEverySubpath(packages: readonly PackedPackage[]): string {
  const subpaths = packages.flatMap((packed) => packed.typedSubpaths);
  const imports = subpaths.map((subpath, index) => `import * as entry${index} from '${subpath}';`);
  // A namespace whose types were not found would be `any`, which has this member.
  const checks = subpaths.map((_, index) => `// @ts-expect-error not exported\nentry${index}.notExported;`);
  const effects = packages.flatMap((packed) => packed.styleSheets.map((subpath) => `import '${subpath}';`));
  return `${[...imports, ...effects, ...checks].join('\n')}\n`;
}

async function addPackages(path: string, packages: readonly PackedPackage[]): Promise<void> {
  const manifest = JSON.parse(await readFile(path, 'utf8')) as { dependencies?: Record<string, string> };
  for (const { name, tarball } of packages) {
    manifest.dependencies = { ...manifest.dependencies, [name]: `file:${tarball}` };
  }
  // Peers come by themselves. React's types do not, and every TypeScript app with React has them.
  if (packages.some(({ name }) => name === '@kilotoken/react-widget')) {
    manifest.dependencies = { ...manifest.dependencies, '@types/react': '19.3.0' };
  }
  await writeFile(path, JSON.stringify(manifest, null, 2));
}
