// Runs the benchmarks, one process each: `npm run bench -- --json results.json`, with `--only NAME` or `--except NAME` for
// some of them. The file is what `npm run bench:report -- results.json` makes docs/guide/benchmarks.md of. What comes
// after one more `--` is for the benchmark: `npm run bench -- --only field -- --rounds 3`.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from './runner/machine.ts';
import { tablesFileVariable } from './runner/results.ts';
import type { BenchmarkResult, ResultTable, Results } from './runner/results.ts';

const { values, positionals } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    except: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
  },
  allowPositionals: true,
});
const names = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ name }) => name.replace(/\.ts$/, ''))
  .filter((name) => name !== 'run')
  .toSorted();
const unknown = [...values.only, ...values.except].filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark "${unknown.join('", "')}"; there are: ${names.join(', ')}`);
  process.exitCode = 2;
} else {
  const folder = mkdtempSync(join(tmpdir(), 'kilotoken-bench-'));
  const results: Results = { ...machine(), benchmarks: [] };
  const wanted = (values.only.length > 0 ? values.only : names).filter((name) => !values.except.includes(name));
  for (const name of wanted) {
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
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--conditions=@kilotoken/source', join(import.meta.dirname, `${name}.ts`), ...positionals],
    { stdio: ['inherit', 'pipe', 'inherit'], env: { ...process.env, [tablesFileVariable]: tablesFile } },
  );
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
