import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'tsup';
import { run } from '../packed/run-command.ts';

const core = join(import.meta.dirname, '../../packages/core');

/**
 * Makes a folder the app of the runtimes: our library as it is built and published, the OpenAI client, the code of the
 * app, and, since workerd loads no packages, that code in one file.
 */
export async function stageApp(folder: string): Promise<void> {
  await installCore(join(folder, 'node_modules/@kilotoken/core'));
  await symlink(packageFolder('openai', core), join(folder, 'node_modules/openai'));
  await cp(join(import.meta.dirname, 'guest'), folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'guest', private: true, type: 'module' }));
  await build({
    config: false,
    silent: true,
    entry: { worker: join(folder, 'serve-workerd.ts') },
    outDir: folder,
    outExtension: () => ({ js: '.js' }),
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    noExternal: [/^(?!node:|cloudflare:)/],
    external: [/^(node|cloudflare):/],
    splitting: false,
    clean: false,
    dts: false,
    esbuildOptions: (options) => {
      options.conditions = ['workerd', 'worker', 'browser'];
      options.mainFields = ['module', 'main'];
    },
  });
}

/** Where an installed package lies, for whoever depends on it. */
export function packageFolder(name: string, dependent: string): string {
  const manifest = findPackageJSON(name, join(dependent, 'package.json'));
  if (manifest === undefined) throw new Error(`${name} is not installed`);
  return dirname(manifest);
}

/** The build of this moment, made by the package's own settings, apart from the `dist` that others may be using. */
async function installCore(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await cp(join(core, 'package.json'), join(folder, 'package.json'));
  const tsup = packageFolder('tsup', core);
  const { bin } = JSON.parse(await readFile(join(tsup, 'package.json'), 'utf8')) as { bin: { tsup: string } };
  await run(process.execPath, [join(tsup, bin.tsup), '--out-dir', join(folder, 'dist'), '--no-dts'], core);
}
