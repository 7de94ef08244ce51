// Runs the benchmarks, one process each: `npm run bench`, or `npm run bench -- --only sqlite-store`.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true, default: [] } } });
const names = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ name }) => name)
  .map((file) => file.replace(/\.ts$/, ''))
  .filter((name) => name !== 'run')
  .toSorted();
const unknown = values.only.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark "${unknown.join('", "')}"; there are: ${names.join(', ')}`);
  process.exitCode = 2;
} else {
  for (const name of values.only.length > 0 ? values.only : names) {
    console.log(`\n== ${name}`);
    const path = join(import.meta.dirname, `${name}.ts`);
    const { status } = spawnSync(process.execPath, ['--conditions=@kilotoken/source', path], { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
}
