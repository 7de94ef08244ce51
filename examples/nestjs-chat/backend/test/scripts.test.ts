import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const start = (script: string, ...options: string[]) => startIn({}, script, ...options);

const startIn = (env: Readonly<Record<string, string>>, script: string, ...options: string[]) =>
  spawn(process.execPath, ['--conditions=@kilotoken/source', pathOf(script), ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, MONGODB_URI: undefined, OPENAI_API_KEY: undefined, OPENROUTER_API_KEY: undefined, ...env },
  });

test('the demo once: registers, chats, finds the same figure in four places, and ends well', async () => {
  const demo = start('demo', '--once');
  const [output, errors, [code]] = await Promise.all([text(demo.stdout), text(demo.stderr), once(demo, 'exit')]);
  expect(errors).toBe('');
  expect(output).toMatch(/^streams: (\d+) tokens, messages: \1, profile: \1, usage endpoint: \1$/m);
  expect(code).toBe(0);
});

test('the demo prints one address, serves there, and Ctrl-C ends all of it', async () => {
  const demo = start('demo', '--api-only');
  const lines: string[] = [];
  let url = '';
  for await (const line of createInterface({ input: demo.stdout })) {
    lines.push(line);
    url = /http:\S+/.exec(line)?.[0] ?? '';
    if (url !== '') break;
  }
  expect(lines).toEqual([`Open ${url} and chat. Ctrl-C ends it.`]);
  expect((await fetch(`${url}/health`)).status).toBe(200);
  demo.kill('SIGINT');
  const [code] = await once(demo, 'exit');
  expect(code).toBe(0);
  await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed');
});

test('a port that is taken is logged without a stack trace, and ends the demo', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const demo = start('demo', '--api-only', '--port', `${port}`);
  const [output, errors, [code]] = await Promise.all([text(demo.stdout), text(demo.stderr), once(demo, 'exit')]);
  other.close();
  expect(output).toBe('');
  expect(errors).toContain(`address already in use 127.0.0.1:${port}`);
  expect(errors).toMatch(/the backend ended with code 1 before it listened\n$/);
  expect(errors).not.toMatch(/^\s+at /m);
  expect(code).toBe(1);
});

test.for([
  [{ JWT_SECRET: 'short' }, 'Cannot start: JWT_SECRET must have 32 characters or more'],
  [
    { MONGODB_URI: 'mongodb://127.0.0.1:1/chat?serverSelectionTimeoutMS=100' },
    'Cannot start: no database at MONGODB_URI: connect ECONNREFUSED 127.0.0.1:1',
  ],
  [{ MONGODB_URI: 'localhost:27017' }, 'Cannot start: no database at MONGODB_URI: Invalid scheme'],
] as const)('%j ends the demo with one line that says why', async ([env, reason]) => {
  const demo = startIn(env, 'demo', '--api-only');
  const [errors, [code]] = await Promise.all([text(demo.stderr), once(demo, 'exit')]);
  const [first, ...others] = errors.trimEnd().split('\n');
  expect(first?.slice(0, reason.length)).toBe(reason);
  expect(others).toEqual(['the backend ended with code 1 before it listened']);
  expect(code).toBe(1);
});

// What a killed process has left is counted when its lease has run out, and a busy machine compiles slowly.
const loadTimeoutMs = 180_000;

test(
  'users chat while the backend is killed: nothing they were shown is lost, nor counted twice',
  { timeout: loadTimeoutMs },
  async () => {
    const load = start('load', '--users', '5', '--minutes', '0.1');
    const [output, [code]] = await Promise.all([text(load.stdout), once(load, 'exit')]);
    const findings = output.split('\n').filter((line) => /^(?:yes|NO ) /.test(line));
    expect(findings).toHaveLength(8);
    expect(findings.filter((line) => !line.startsWith('yes'))).toEqual([]);
    expect(code).toBe(0);
  },
);

function pathOf(script: string): string {
  return fileURLToPath(new URL(`../scripts/${script}.ts`, import.meta.url));
}
