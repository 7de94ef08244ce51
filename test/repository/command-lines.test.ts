import { spawnSync } from 'node:child_process';
import type { SpawnSyncReturns } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
/** Those that read a command line of ours, and a benchmark with options of its own. */
const commands: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    [
      'demo',
      'demo:express',
      'demo:ai-sdk',
      'demo:nest',
      'load',
      'bench',
      'bench:report',
      'test:faults',
      'prices:update',
    ].map((name) => [`npm run ${name}`, (scripts[name] ?? '').split(' ').slice(1)]),
  ),
  'npm run bench -- --only hot-path': ['--conditions=@kilotoken/source', 'benchmarks/src/hot-path.ts'],
};

function run(args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', timeout: 20_000 });
}

describe.for(Object.entries(commands))('%s', ([, args]) => {
  it('says with --help how it is used, and does nothing', () => {
    const { status, stdout, stderr } = run([...args, '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: npm run /);
  });

  it('names what it does not know, and says how it is used', () => {
    const { status, stdout, stderr } = run([...args, '--frob']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^Unknown option '--frob'\nUsage: npm run /);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

it.for([
  ['test:faults', '--seeds', 'many', '--seeds must be a whole number, 1 or more, not "many"'],
  ['test:faults', '--bad', 'luck', '--bad must be one of bare-increment, '],
  ['load', '--minutes', '0', '--minutes must be a number above 0, not "0"'],
  ['demo', '--port', '70000', '--port must be a whole number from 0 to 65535, not "70000"'],
  ['demo:express', '--port', 'http', '--port must be a whole number from 0 to 65535, not "http"'],
  ['demo:ai-sdk', '--port', '65536', '--port must be a whole number from 0 to 65535, not "65536"'],
  ['demo:nest', '--port', '-1', "Option '--port' argument is ambiguous"],
  ['bench', '--only', 'nothing', 'There is no benchmark "nothing"'],
] as const)('npm run %s refuses %s %s before it begins', ([name, option, value, message]) => {
  const { status, stdout, stderr } = run([...(commands[`npm run ${name}`] ?? []), option, value]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr.slice(0, message.length)).toBe(message);
});
