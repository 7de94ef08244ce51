// Runs the benchmarks, one process each: `npm run bench -- --json results.json`, with `--only NAME` or `--except NAME` for
// some of them. The file is what `npm run bench:report -- results.json` makes docs/guide/benchmarks.md of. What comes
// after one more `--` is for the benchmark: `npm run bench -- --only field -- --rounds 3`.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandLine } from '../../scripts/command-line.ts';
import { machine } from './runner/machine.ts';
import { tablesFileVariable } from './runner/results.ts';
import type { BenchmarkResult, ResultTable, Results } from './runner/results.ts';

const names = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ name }) => name.replace(/\.ts$/, ''))
  .filter((name) => name !== 'run')
  .toSorted();
const usage = `Usage: npm run bench -- [--only NAME] [--except NAME] [--json FILE] [-- WHAT IS FOR THE BENCHMARK]
  --only     a benchmark to run, any number of times (default: all)
  --except   a benchmark to leave out, any number of times
  --json     writes the results, for npm run bench:report -- FILE
What a benchmark takes: npm run bench -- --only field -- --help
Benchmarks: ${names.join(', ')}`;
const { wanted, json, forBenchmark } = commandLine(
  usage,
  {
    options: {
      only: { type: 'string', multiple: true, default: [] },
      except: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
    },
    allowPositionals: true,
  },
  ({ values: { only, except, json: path }, positionals }) => {
    const unknown = [...only, ...except].filter((name) => !names.includes(name));
    if (unknown.length > 0) throw new Error(`There is no benchmark "${unknown.join('", "')}"`);
    if (positionals.length > 0 && !process.argv.includes('--')) {
      throw new Error(`"${positionals.join(' ')}" is not understood`);
    }
    const chosen = (only.length > 0 ? only : names).filter((name) => !except.includes(name));
    return { wanted: chosen, json: path, forBenchmark: positionals };
  },
);

const folder = mkdtempSync(join(tmpdir(), 'kilotoken-bench-'));
const results: Results = { ...machine(), benchmarks: [] };
for (const name of wanted) {
  console.log(`\n== ${name}`);
  // oxlint-disable-next-line no-await-in-loop -- one after the other, or they would disturb each other
  const result = await run(name, join(folder, `${name}.jsonl`));
  console.log(`== ${name}: ${result.seconds.toFixed(0)} s`);
  if (result.exitCode !== 0) process.exitCode = 1;
  results.benchmarks.push(result);
  // After each, so that what was measured is not lost when a later one is stopped.
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, undefined, 2)}\n`);
}
rmSync(folder, { recursive: true });

/** Runs one benchmark; what it prints goes to the terminal and, as text, into its result. */
async function run(name: string, tablesFile: string): Promise<BenchmarkResult> {
  const began = performance.now();
  writeFileSync(tablesFile, '');
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--conditions=@kilotoken/source', join(import.meta.dirname, `${name}.ts`), ...forBenchmark],
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
