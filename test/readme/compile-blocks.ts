import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './documents.ts';

/** Inside of the workspace, so that imports resolve as they do in our sources; not under version control. */
export const scratch = join(import.meta.dirname, 'temp');

const settings = {
  extends: join(root, 'tsconfig.base.json'),
  compilerOptions: { composite: false, emitDeclarationOnly: false, noEmit: true, rootDir: root },
  include: ['*.ts'],
};

/** TypeScript modules in one folder, each on its own. */
export interface BlockFolder {
  /** Absolute paths of the modules, by the names they were given under. */
  readonly paths: ReadonlyMap<string, string>;
  /** What the compiler has against them, one line each, with the name and line of the module. */
  compile(): Promise<readonly string[]>;
}

/** Writes each text to a module `<name>.ts` of its own. */
export async function blockFolder(modules: ReadonlyMap<string, string>): Promise<BlockFolder> {
  await mkdir(scratch, { recursive: true });
  const folder = await mkdtemp(join(scratch, 'blocks-'));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  const paths = new Map<string, string>();
  for (const [name, code] of modules) {
    const path = join(folder, `${name}.ts`);
    await writeFile(path, `${code}\nexport {};\n`);
    paths.set(name, path);
  }
  return { paths, compile: () => compile(folder) };
}

function compile(folder: string): Promise<readonly string[]> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { cwd: folder }, (error, stdout, stderr) => {
      const faults = stdout.split('\n').filter((line) => line !== '');
      if (error !== null && faults.length === 0) reject(new Error(`the compiler did not run: ${stderr}`));
      else resolve(faults);
    });
  });
}
