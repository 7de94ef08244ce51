import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { peers, sdkVersions } from './contestants.ts';
import { freshApp, peerFolder } from './peer-folder.ts';

/** An app that has `openai` and one contestant installed, as a stranger has them. */
export interface InstalledApp {
  readonly name: string;
  readonly folder: string;
  /** What the app imports beside `openai`. */
  readonly entries: readonly string[];
}

const root = join(import.meta.dirname, '../../..');

/** Apps with this project, built and packed as it is now, and with each peer; and names of those npm could not install. */
export function installedApps(): { readonly apps: readonly InstalledApp[]; readonly missing: readonly string[] } {
  const tarball = packedCore();
  const state = createHash('sha256').update(readFileSync(tarball)).digest('hex');
  const own = {
    name: 'kilotoken',
    folder: freshApp('kilotoken', [`openai@${sdkVersions[7]}`, tarball], state),
    entries: ['@kilotoken/core'],
  };
  const all = [own, ...peers.map((peer) => ({ name: peer.name, folder: peerFolder(peer), entries: peer.entries }))];
  return {
    apps: all.flatMap(({ folder, ...app }) => (folder === undefined ? [] : [{ ...app, folder }])),
    missing: all.filter(({ folder }) => folder === undefined).map(({ name }) => name),
  };
}

function packedCore(): string {
  const target = join(root, 'benchmarks/.peers');
  mkdirSync(target, { recursive: true });
  run('npm', ['run', 'build', '--workspace', '@kilotoken/core']);
  const packed = run('npm', ['pack', '--workspace', '@kilotoken/core', '--pack-destination', target, '--json']);
  const [tarball] = Object.values(JSON.parse(packed) as readonly { filename: string }[]);
  return join(target, tarball?.filename ?? '');
}

function run(command: string, parts: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, parts, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${parts.join(' ')} failed: ${stderr}`);
  return stdout;
}
