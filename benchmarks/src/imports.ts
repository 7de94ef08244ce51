// How long does an app wait for the import, on top of `openai`? Fresh processes in turns, from installed packages.
// Run from the root: npm run bench -- --only imports
import { execFileSync } from 'node:child_process';
import { commandLine, wholeNumber } from '../../scripts/command-line.ts';
import { installedApps } from './field/installed-apps.ts';
import { notInstalled } from './field/lineup.ts';
import { median } from './runner/median.ts';
import { reportTable } from './runner/results.ts';

const rounds = commandLine(
  'Usage: npm run bench -- --only imports [-- --rounds 9]',
  { options: { rounds: { type: 'string', default: '9' } } },
  ({ values }) => wholeNumber('--rounds', values.rounds),
);
const { apps, missing } = installedApps();
const times = new Map<string, { readonly openai: number; readonly own: number }[]>();

for (let round = -1; round < rounds; round += 1) {
  for (const app of apps) {
    const names = JSON.stringify(app.entries);
    // Both in one process, so that what they share is paid by `openai`, which the app has anyway.
    const script = `
      const began = performance.now();
      await import('openai');
      const middle = performance.now();
      for (const name of ${names}) await import(name);
      console.log(JSON.stringify({ openai: middle - began, own: performance.now() - middle }));
    `;
    const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: app.folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const line = printed.trim().split('\n').at(-1) ?? '';
    if (round >= 0)
      times.set(app.name, [...(times.get(app.name) ?? []), JSON.parse(line) as { openai: number; own: number }]);
  }
}
reportTable('Import', [
  ...apps.map(({ name }) => {
    const own = times.get(name) ?? [];
    return {
      contestant: name,
      'openai ms': median(own.map((time) => time.openai)),
      '+ ms': median(own.map((time) => time.own)),
    };
  }),
  ...missing.map((name) => ({ contestant: name, 'openai ms': notInstalled })),
]);
