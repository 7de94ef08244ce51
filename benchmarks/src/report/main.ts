// Makes docs/guide/benchmarks.md with its drawings, and the figures of docs/guide/scale.md, of what
// `npm run bench -- --json FILE` wrote: npm run bench:report -- FILE [MORE FILES]
// Of a benchmark that is in several files, the last one counts; the machine and the date are the last file's.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from '../../../scripts/command-line.ts';
import type { Results } from '../runner/results.ts';
import { benchmarkPage } from './page.ts';
import { scaleFigures } from './scale-figures.ts';
import { themes } from './theme.ts';

const root = join(import.meta.dirname, '../../..');
const path = join(root, 'docs/guide/benchmarks.md');
const scalePath = join(root, 'docs/guide/scale.md');
/** Above and below the figures of that page. */
const figuresMark = '<!-- figures: made by npm run bench:report -->';
const drawingsFolder = join(root, 'docs/guide/images/benchmarks');

const { parts, last } = commandLine(
  'Usage: npm run bench:report -- FILE [MORE FILES], each written by npm run bench -- --json FILE',
  { allowPositionals: true },
  ({ positionals }) => {
    const given = positionals.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Results);
    const latest = given.at(-1);
    if (latest === undefined) throw new Error('No file is named');
    return { parts: given, last: latest };
  },
);
const joined = new Map(parts.flatMap(({ benchmarks }) => benchmarks).map((benchmark) => [benchmark.name, benchmark]));
const results: Results = { ...last, benchmarks: [...joined.values()] };
const { markdown, drawings } = benchmarkPage(results);

mkdirSync(drawingsFolder, { recursive: true });
for (const file of readdirSync(drawingsFolder)) rmSync(join(drawingsFolder, file));
for (const [name, draw] of Object.entries(drawings)) {
  for (const theme of themes) writeFileSync(join(drawingsFolder, `${name}-${theme.name}.svg`), draw(theme));
}
writeFileSync(path, markdown);
const scale = readFileSync(scalePath, 'utf8').split(figuresMark);
if (scale.length !== 3) throw new Error(`${scalePath} must have two lines with ${figuresMark}`);
writeFileSync(scalePath, [scale[0], `\n\n${scaleFigures(results)}\n\n`, scale[2]].join(figuresMark));
const { status } = spawnSync('npx', ['oxfmt', path, scalePath], { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
