import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorAnswer, fakeProvider } from '@kilotoken/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

interface Printed {
  readonly users: readonly {
    readonly userId: string;
    readonly calls: number;
    readonly tokens: number;
    readonly picoUsd: string;
  }[];
  readonly provider: { readonly calls: number; readonly tokens: number };
  readonly withoutForcing: { readonly calls: number; readonly tokens: number };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kilotoken-demo-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const main = join(import.meta.dirname, '../src/main.ts');

function start(script: string, ...parts: readonly string[]): ReturnType<typeof spawn> {
  return startWith({}, script, ...parts);
}

function startWith(env: NodeJS.ProcessEnv, script: string, ...parts: readonly string[]): ReturnType<typeof spawn> {
  return spawn(process.execPath, ['--conditions=@kilotoken/source', script, ...parts], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function ended(child: ReturnType<typeof spawn>): Promise<{ readonly code: number | null; readonly out: string }> {
  let out = '';
  child.stdout?.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr?.on('data', (data: Buffer) => (out += data.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, out };
}

async function runOnce(): Promise<Printed> {
  const { code, out } = await ended(start(main, '--once', '--json', '--data', folder));
  expect(code, out).toBe(0);
  return JSON.parse(out) as Printed;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

describe('the demo', () => {
  it('counts what the provider billed, over two starts, and as a separate process reads it from the file', async () => {
    const [first, second] = [await runOnce(), await runOnce()];

    for (const { users, provider } of [first, second]) {
      expect(sum(users.map(({ tokens }) => tokens))).toBe(provider.tokens);
      expect(sum(users.map(({ calls }) => calls))).toBe(provider.calls);
    }
    expect(second.provider.tokens).toBe(2 * first.provider.tokens);
    expect(first.provider.tokens).toBeGreaterThan(0);
    expect(first.withoutForcing).toEqual({ calls: first.provider.calls, tokens: 0 });

    const { out } = await ended(start(join(import.meta.dirname, 'read-totals.ts'), join(folder, 'usage.db')));
    expect(JSON.parse(out)).toEqual(second.users);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('drains on %s, and exits with code 0', async (signal) => {
    const child = start(main, '--data', folder);
    const seen = ended(child);
    let isRoundOver = false;
    child.stdout?.on('data', (data: Buffer) => {
      if (isRoundOver || !data.toString().includes('Running totals')) return;
      isRoundOver = true;
      child.kill(signal);
    });
    const { code, out } = await seen;
    expect(code, out).toBe(0);
    expect(out).toMatch(/The provider's own bill: \d+ calls, \d+ tokens/);
    const billed = /bill: (?<calls>\d+) calls/.exec(out)?.groups?.['calls'];
    const { out: read } = await ended(start(join(import.meta.dirname, 'read-totals.ts'), join(folder, 'usage.db')));
    expect(sum((JSON.parse(read) as Printed['users']).map(({ calls }) => calls))).toBe(Number(billed));
  });

  it('says so where the port is taken, and how to go on', async () => {
    await using taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const { code, out } = await ended(start(main, '--data', folder, '--port', String(port)));
    expect(code).toBe(1);
    expect(out.trim().split('\n').at(-1)).toBe(
      `Port ${port} is already in use. Without --port the demo picks a free one.`,
    );
  });

  it.runIf(process.platform === 'linux').for([
    ['cannot be made', '/proc/nope', 'no such file or directory'],
    ['takes no file', '/proc', 'no such file or directory'],
    ['is a file', main, 'not a directory'],
  ] as const)('says in one line that the folder of its data %s', async ([, data, why]) => {
    const { code, out } = await ended(start(main, '--data', data));
    expect({ code, lines: out.trim().split('\n') }).toEqual({ code: 1, lines: [expect.stringContaining(why)] });
    expect(out).toContain(data);
  });

  it('says in one line what a real provider answers to a wrong key, or that there is none', async () => {
    const provider = await fakeProvider({ handle: () => errorAnswer({ status: 401, message: 'Incorrect API key' }) });
    const live = async (): Promise<unknown> => {
      const env = { OPENAI_API_KEY: 'wrong', OPENAI_BASE_URL: provider.baseURL };
      const { code, out } = await ended(startWith(env, main, '--live', '--once', '--data', folder));
      return [code, ...out.trim().split('\n').slice(2)];
    };
    const answers = await live();
    await provider.close();
    expect(answers).toEqual([1, '', `${provider.baseURL} did not answer: 401 Incorrect API key`]);
    expect(await live()).toEqual([1, '', `${provider.baseURL} did not answer: Connection error.`]);
  });

  it('names an argument it does not know', async () => {
    const { code, out } = await ended(start(main, '--onse'));
    expect(code).toBe(2);
    expect(out).toContain('--onse');
  });
});
