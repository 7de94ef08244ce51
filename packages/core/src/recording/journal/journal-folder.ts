import type * as fsNamespace from 'node:fs';
import { MeterError } from '../../errors.ts';
import { absolutePath } from '../../node/absolute-path.ts';
import { builtinModule } from '../../node/builtin-module.ts';
import { acquireLock } from './owner-lock.ts';
import { lockFile, orphanOf, segmentFile } from './segment-name.ts';

/** The folder, with the built-in modules its files are handled with. */
export interface JournalFolder {
  readonly path: string;
  readonly fs: typeof fsNamespace;
  readonly crc32: (bytes: Uint8Array | string) => number;
  /** Who writes here: random, new at every start. */
  readonly owner: string;
  pathOf(file: string): string;
  /**
   * A file name for the next segment; makes the folder and the owner's lock where they are not there.
   *
   * @throws what the file system throws.
   */
  nextSegment(): string;
  /** Puts the names of the files on disk, as far as the platform can. */
  sync(): void;
  /** Opens a segment for reading under whichever name it has now; undefined where it is gone. */
  open(file: string): number | undefined;
  /** Deletes a segment under whichever name it has now. */
  remove(file: string): void;
  /** Gives up the lock, and deletes its file where nothing is left that needs an owner. */
  leave(hasSegments: boolean): void;
}

/**
 * Prepares access without touching the folder.
 *
 * @throws {@link MeterError} `unsupported` where the runtime has no file system.
 */
export function createJournalFolder(path: string, fsync: boolean): JournalFolder {
  const { fs, crc32, dirname, join } = builtIns();
  const owner = globalThis.crypto.randomUUID().replaceAll('-', '');
  const folder = absolutePath(path);
  const pathOf = (file: string): string => join(folder, file);
  const lockPath = pathOf(lockFile(owner));
  let lock: { release(): void } | undefined;
  let lastMs = 0;

  return {
    path: folder,
    fs,
    crc32,
    owner,
    pathOf,
    nextSegment() {
      const firstMade = makeFolder(folder);
      if (fsync && firstMade !== undefined) {
        for (let made = folder; made.length >= firstMade.length; made = dirname(made)) syncDirectory(dirname(made));
      }
      if (!fs.existsSync(lockPath)) takeLock();
      // A clock that stands or goes back must not make a name twice.
      lastMs = Math.max(Date.now(), lastMs + 1);
      return segmentFile(lastMs, owner);
    },
    sync: () => syncDirectory(folder),
    open(file) {
      for (const name of new Set([file, orphanOf(file)])) {
        try {
          // What is no file, such as a named pipe, could keep the process waiting for ever.
          return fs.openSync(pathOf(name), fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
        } catch (error) {
          if (!isMissing(error)) throw error;
        }
      }
      return undefined;
    },
    remove(file) {
      for (const name of new Set([file, orphanOf(file)])) fs.rmSync(pathOf(name), { force: true });
    },
    leave(hasSegments) {
      if (lock === undefined) return;
      lock.release();
      lock = undefined;
      if (!hasSegments) fs.rmSync(lockPath, { force: true });
    },
  };

  /** Makes what is missing of the path; the first that was made. `recursive` of Node 22 and 24 never ends in a folder like /proc. */
  function makeFolder(missing: string): string | undefined {
    try {
      return makeOne(missing);
    } catch (error) {
      if (!isMissing(error) || dirname(missing) === missing) throw error;
    }
    const above = makeFolder(dirname(missing));
    const made = makeOne(missing);
    return above ?? made;
  }

  function makeOne(directory: string): string | undefined {
    try {
      fs.mkdirSync(directory, { mode: 0o700 });
      return directory;
    } catch (error) {
      if (fs.existsSync(directory)) return undefined;
      throw error;
    }
  }

  /** A new name is on disk only when the directory is. Windows cannot do that. */
  function syncDirectory(directory: string): void {
    let descriptor: number | undefined;
    try {
      descriptor = fs.openSync(directory, 'r');
      fs.fsyncSync(descriptor);
    } catch {
      // The data itself is synced, or the write fails.
    } finally {
      if (descriptor !== undefined) fs.closeSync(descriptor);
    }
  }

  /** Without a lock the folder still works: the others then go by the age of our last record. */
  function takeLock(): void {
    lock?.release();
    lock = undefined;
    // Somebody who tidies up may delete the file between its making and its locking; once more is enough, as he is rare.
    for (let attempt = 0; attempt < 2 && lock === undefined; attempt += 1) {
      fs.closeSync(fs.openSync(lockPath, 'a', 0o600));
      const taken = acquireLock(lockPath);
      if (taken !== undefined && fs.existsSync(lockPath)) lock = taken;
      else taken?.release();
    }
    if (lock === undefined) fs.rmSync(lockPath, { force: true });
  }
}

/** True for the error of a file that is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function builtIns() {
  // workerd has these modules, but its files live no longer than the request.
  const isWorkerd = globalThis.navigator?.userAgent === 'Cloudflare-Workers';
  const fs = isWorkerd ? undefined : builtinModule('node:fs');
  const paths = builtinModule('node:path');
  const crc32 = builtinModule('node:zlib')?.crc32;
  if (fs === undefined || paths === undefined || typeof crc32 !== 'function') {
    throw new MeterError(
      'unsupported',
      'journal needs node:fs and zlib.crc32 (Node 22.13 or later); this runtime lacks them',
    );
  }
  return { fs, crc32, dirname: paths.dirname, join: paths.join };
}
