import { execFile } from 'node:child_process';
import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DropInReport } from './run-drop-in.ts';

/** One way to get it wrong: a change of one line in a copy of the source. */
export interface Mutant {
  /** What the broken library does. */
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Part of the names of the checks that must notice it first; a full run asks all checks. */
  readonly noticedBy: string;
}

const core = join(import.meta.dirname, '../../packages/core');

/** Runs the drop-in list with a broken copy of the library, in a process of its own, and gives its report. */
export async function runMutant(mutant: Mutant, only: string): Promise<DropInReport> {
  const copy = join(import.meta.dirname, 'temp', `mutant-${process.pid}-${mutant.name.replaceAll(/\W+/g, '-')}`);
  try {
    cpSync(join(core, 'src'), copy, { recursive: true });
    symlinkSync(join(core, 'node_modules'), join(copy, 'node_modules'));
    const file = join(copy, mutant.file);
    const text = readFileSync(file, 'utf8');
    const parts = text.split(mutant.from);
    if (parts.length !== 2) throw new Error(`${mutant.file} has ${parts.length - 1} times: ${mutant.from}`);
    writeFileSync(file, parts.join(mutant.to));
    const runner = join(import.meta.dirname, 'run-drop-in.ts');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@kilotoken/source', runner, '--meter', join(copy, 'index.ts'), '--only', only],
      { env: { ...process.env, KILOTOKEN_PATIENCE_MS: '3000' }, maxBuffer: 64 * 1024 * 1024 },
    );
    return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as DropInReport;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
