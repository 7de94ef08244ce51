import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolvedOn, sdkVersions } from './contestants.ts';
import type { Peer } from './contestants.ts';

/** Outside of the workspace and of version control. */
const peersFolder = join(import.meta.dirname, '../../.peers');

/**
 * A folder in which a peer and its `openai` are installed: made on demand, and kept for the next run.
 *
 * @returns Absolute path, or `undefined` where it could not be installed, as without a network.
 */
export function peerFolder(peer: Pick<Peer, 'name' | 'major' | 'packages'>): string | undefined {
  return freshApp(peer.name, [`openai@${sdkVersions[peer.major]}`, ...peer.packages]);
}

/**
 * An app of its own with these packages, as npm installs them for a stranger.
 *
 * @param state - Made again where this differs from the last time: for packages whose name stays the same.
 * @returns Absolute path, or `undefined` where npm failed.
 */
export function freshApp(name: string, packages: readonly string[], state = ''): string | undefined {
  const folder = join(peersFolder, name);
  const mark = join(folder, 'installed.json');
  const wanted = JSON.stringify({ packages, resolvedOn, state });
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: `app-${name}`, private: true }));
  const options = ['--save-exact', '--ignore-scripts', '--no-audit', '--no-fund', `--before=${resolvedOn}`];
  // Without what an outer `npm run` tells its scripts: it would be taken for settings of this app.
  const env = Object.fromEntries(Object.entries(process.env).filter(([variable]) => !variable.startsWith('npm_')));
  const { status, stderr } = spawnSync('npm', ['install', ...options, ...packages], {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: 180_000,
  });
  if (status !== 0) {
    const reason = stderr.split('\n').find((line) => line.includes('npm error')) ?? 'npm did not answer';
    console.error(`${name} could not be installed and is left out: ${reason}`);
    return undefined;
  }
  writeFileSync(mark, wanted);
  return folder;
}
