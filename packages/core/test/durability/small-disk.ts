import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** False where the system does not let us mount, as in most containers. */
export function canMount(): boolean {
  const unmount = mount(64);
  unmount?.();
  return unmount !== undefined;
}

/** A disk of so many KiB, which goes when the test has ended. */
export function smallDisk(kibibytes: number): string {
  const path = newFolder();
  const unmount = mount(kibibytes, path);
  onTestFinished(() => unmount?.());
  return path;
}

function mount(kibibytes: number, path = newFolder()): (() => void) | undefined {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', path]);
  if (status !== 0) {
    rmdirSync(path);
    return undefined;
  }
  return () => {
    spawnSync('umount', [path]);
    rmdirSync(path);
  };
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'kilotoken-disk-'));
}
