import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { peers, sdkVersions } from '../field/contestants.ts';
import type { Results } from './results.ts';

/** Where, when and with what a run takes place. */
export function machine(): Omit<Results, 'benchmarks'> {
  const [first] = cpus();
  const manifest = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../packages/core/package.json'), 'utf8'),
  ) as {
    version: string;
  };
  return {
    date: new Date().toISOString(),
    machine: {
      cpu: first?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      system: `${type()} ${process.arch}`,
      node: process.version,
    },
    versions: {
      kilotoken: `${manifest.version}${commit()}`,
      openai: Object.values(sdkVersions).join(', '),
      ...Object.fromEntries(peers.map(({ name, packages }) => [name, packages.join(', ')])),
    },
  };
}

/** The commit that is checked out, where there is one. */
function commit(): string {
  try {
    const id = execFileSync('git', ['rev-parse', '--short=10', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return ` at ${id.trim()}`;
  } catch {
    return '';
  }
}
