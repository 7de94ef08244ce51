// Runs the benchmarks, one process each: `npm run bench`, or `npm run bench -- --only sqlite-store --json results.json`.
// The file is what `npm run bench:report -- results.json` makes docs/guide/benchmarks.md of.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from './runner/machine.ts';
import { tablesFileVariable } from './runner/results.ts';
import type { BenchmarkResult, ResultTable, Results } from './runner/results.ts';

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true, default: [] }, json: { type: 'string' } },
});
const names = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ name }) => name.replace(/\.ts$/, ''))
  .filter((name) => name !== 'run')
  .toSorted();
const unknown = values.only.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark "${unknown.join('", "')}"; there are: ${names.join(', ')}`);
  process.exitCode = 2;
} else {
  const folder = mkdtempSync(join(tmpdir(), 'kilotoken-bench-'));
  const results: Results = { ...machine(), benchmarks: [] };
  for (const name of values.only.length > 0 ? values.only : names) {
    console.log(`\n== ${name}`);
    // oxlint-disable-next-line no-await-in-loop -- one after the other, or they would disturb each other
    const result = await run(name, join(folder, `${name}.jsonl`));
    console.log(`== ${name}: ${result.seconds.toFixed(0)} s`);
    if (result.exitCode !== 0) process.exitCode = 1;
    results.benchmarks.push(result);
    // After each, so that what was measured is not lost when a later one is stopped.
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
  }
  rmSync(folder, { recursive: true });
}

/** Runs one benchmark; what it prints goes to the terminal and, as text, into its result. */
async function run(name: string, tablesFile: string): Promise<BenchmarkResult> {
  const began = performance.now();
  writeFileSync(tablesFile, '');
  const child = spawn(process.execPath, ['--conditions=@kilotoken/source', join(import.meta.dirname, `${name}.ts`)], {
    stdio: ['inherit', 'pipe', 'inherit'],
    env: { ...process.env, [tablesFileVariable]: tablesFile },
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    process.stdout.write(part);
  });
  const exitCode = await new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  const tables = readFileSync(tablesFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ResultTable);
  return { name, seconds: (performance.now() - began) / 1000, exitCode, tables, text };
}
