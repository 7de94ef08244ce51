import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type PackedPackage, styleSheets, typedSubpaths } from './packed-package.ts';
import { run } from './run-command.ts';

const root = join(import.meta.dirname, '../..');

declare module 'vitest' {
  interface ProvidedContext {
    packages: readonly PackedPackage[];
  }
}

interface NpmPack {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** Builds every workspace and packs those that get published, once for all tests of this project. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'kilotoken-packed-'));
  await run('npm', ['run', 'build'], root);
  const packages: PackedPackage[] = [];
  for (const workspace of await publishableWorkspaces()) {
    const output = await run(
      'npm',
      ['pack', '--json', '--silent', '--pack-destination', folder],
      join(root, workspace),
    );
    const packed = onlyEntry(JSON.parse(output.slice(output.search(/^[[{]/m))) as unknown);
    const manifest: unknown = JSON.parse(await readFile(join(root, workspace, 'package.json'), 'utf8'));
    packages.push({
      name: packed.name,
      tarball: join(folder, packed.filename),
      folder: join(root, workspace),
      files: packed.files.map(({ path }) => path),
      typedSubpaths: typedSubpaths(manifest),
      styleSheets: styleSheets(manifest),
    });
  }
  project.provide('packages', packages);
  return () => rm(folder, { recursive: true });
}

async function publishableWorkspaces(): Promise<string[]> {
  const listing = await run('npm', ['query', '.workspace'], root);
  const workspaces = JSON.parse(listing) as { readonly location: string; readonly private?: boolean }[];
  return workspaces.filter((workspace) => workspace.private !== true).map(({ location }) => location);
}

/** npm writes an array up to version 11 and, in some of its releases, an object by package name. */
function onlyEntry(report: unknown): NpmPack {
  const entries = Object.values(report as Record<string, NpmPack>);
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) throw new Error(`npm pack reported ${entries.length} packages`);
  return entry;
}
