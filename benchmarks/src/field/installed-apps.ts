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

/** This project, built and packed as it is now, and all peers that can be installed. */
export function installedApps(): readonly InstalledApp[] {
  const tarball = packedCore();
  const state = createHash('sha256').update(readFileSync(tarball)).digest('hex');
  const own = freshApp('kilotoken', [`openai@${sdkVersions[7]}`, tarball], state);
  const apps: InstalledApp[] =
    own === undefined ? [] : [{ name: 'kilotoken', folder: own, entries: ['@kilotoken/core'] }];
  for (const peer of peers) {
    const folder = peerFolder(peer);
    if (folder !== undefined) apps.push({ name: peer.name, folder, entries: peer.entries });
  }
  return apps;
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
