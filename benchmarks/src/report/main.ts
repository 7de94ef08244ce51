// Makes docs/guide/benchmarks.md and its drawings of what `npm run bench -- --json FILE` wrote:
// npm run bench:report -- FILE [MORE FILES: a benchmark in a later one goes before the same in an earlier one]
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Results } from '../runner/results.ts';
import { benchmarkPage } from './page.ts';
import { themes } from './theme.ts';

const root = join(import.meta.dirname, '../../..');
const path = join(root, 'docs/guide/benchmarks.md');
const drawingsFolder = join(root, 'docs/guide/images/benchmarks');

const files = process.argv.slice(2);
if (files.length === 0) throw new Error('Name the file that `npm run bench -- --json FILE` wrote');
const parts = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Results);
const [last] = parts.toReversed();
if (last === undefined) throw new Error('There is nothing to report');
const joined = new Map(parts.flatMap(({ benchmarks }) => benchmarks).map((benchmark) => [benchmark.name, benchmark]));
const { markdown, drawings } = benchmarkPage({ ...last, benchmarks: [...joined.values()] });

mkdirSync(drawingsFolder, { recursive: true });
for (const file of readdirSync(drawingsFolder)) rmSync(join(drawingsFolder, file));
for (const [name, draw] of Object.entries(drawings)) {
  for (const theme of themes) writeFileSync(join(drawingsFolder, `${name}-${theme.name}.svg`), draw(theme));
}
writeFileSync(path, markdown);
const { status } = spawnSync('npx', ['oxfmt', path], { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
