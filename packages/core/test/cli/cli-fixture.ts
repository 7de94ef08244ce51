import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { CliOutput } from '../../src/cli/cli-io.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import type { UsageRecord } from '../../src/recording/usage-record.ts';
import { sqliteStore } from '../../src/storage/sqlite-store.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');

/** What a command left behind. */
export interface CliRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A terminal of so many columns, or a pipe. */
export interface CliSurroundings {
  readonly terminal?: { readonly columns: number };
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command line in this process. */
export async function kilotoken(
  args: readonly string[],
  { terminal, env = {} }: CliSurroundings = {},
): Promise<CliRun> {
  const stdout = collected(terminal);
  const stderr = collected(terminal);
  const exitCode = await runCli(args, { stdout: stdout.output, stderr: stderr.output, env });
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

/** Runs it as a process of its own, to its end. */
export function kilotokenProcess(args: readonly string[]): Promise<CliRun> {
  return new Promise((resolve) => {
    execFile(process.execPath, nodeArguments(args), { maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** Starts it; the test talks to its pipes. */
export function startKilotoken(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, nodeArguments(args), { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A folder that goes when the test has ended. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kilotoken-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A store's file with these records. */
export async function storeWith(records: readonly UsageRecord[]): Promise<string> {
  const path = join(temporaryFolder(), 'usage.db');
  const store = sqliteStore({ path });
  await store.append(records);
  await store.close();
  return path;
}

/** The lines of an export. */
export function exportedLines(stdout: string): { readonly id: string; readonly cursor: string }[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { id: string; cursor: string });
}

function nodeArguments(args: readonly string[]): string[] {
  return ['--conditions=@kilotoken/source', main, ...args];
}

function collected(terminal: CliSurroundings['terminal']): { output: CliOutput; text(): string } {
  let text = '';
  const writable = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const output = terminal === undefined ? writable : Object.assign(writable, { isTTY: true, ...terminal });
  return { output, text: () => text };
}
