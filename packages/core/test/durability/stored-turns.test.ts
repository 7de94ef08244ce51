import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { chatAnswer } from '../../src/testing/index.ts';
import { meteredApp } from './metered-app.ts';

const script = join(import.meta.dirname, 'reader-process.ts');

it('shows each of 1,000 turns to a second process as soon as stored() resolves', { timeout: 120_000 }, async () => {
  const { folder, meter, openai } = await meteredApp();
  const reader = startReader(folder.database);
  const stale: string[] = [];
  const chat = async (userId: string): Promise<void> => {
    for (let turns = 1; turns <= 50; turns += 1) {
      const turn = meter.track({ userId });
      const messages = [{ role: 'user' as const, content: 'Hi' }];
      const stream = await openai.chat.completions.create({ model: 'm', messages, stream: true }, turn.options);
      for await (const _ of stream);
      expect(await turn.stored()).toEqual({ stored: 1, pending: 0 });
      const answer = await reader.ask(userId);
      if (answer !== `${userId} ${turns} ${4 * turns}`) stale.push(answer);
    }
  };
  await Promise.all(Array.from({ length: 20 }, (_, user) => chat(`user-${user}`)));
  expect(stale).toEqual([]);
  expect(meter.stats()).toMatchObject({ captured: 1000, stored: 1000 });
});

it('answers usage() awaited inside the read loop, and says that it is not complete', async () => {
  const { meter, openai } = await meteredApp();
  const turn = meter.track({ userId: 'u1' });
  const messages = [{ role: 'user' as const, content: 'Hi there you' }];
  await openai.chat.completions.create({ model: 'm', messages }, turn.options);
  await turn.stored();
  const stream = await openai.chat.completions.create({ model: 'm', messages, stream: true }, turn.options);
  const inside: unknown[] = [];
  for await (const _ of stream) {
    const { calls, complete, tokens } = await turn.usage({ timeoutMs: 1 });
    inside.push([calls, complete, tokens.totalTokens]);
    expect(await turn.stored({ timeoutMs: 1 })).toMatchObject({ pending: 1 });
  }
  expect(inside.length).toBeGreaterThan(3);
  expect(new Set(inside.map((each) => JSON.stringify(each)))).toEqual(new Set(['[1,false,8]']));
  expect(await turn.usage()).toMatchObject({ calls: 2, complete: true, tokens: { totalTokens: 16 } });
});

it('waits in usage() for a call that another reader is still reading', async () => {
  const { meter, openai } = await meteredApp();
  const turn = meter.track({ userId: 'u1' });
  const messages = [{ role: 'user' as const, content: 'Hi' }];
  const stream = await openai.chat.completions.create({ model: 'm', messages, stream: true }, turn.options);
  const usage = turn.usage();
  for await (const _ of stream);
  expect(await usage).toMatchObject({ calls: 1, complete: true });
});

it('stores what the app read of a call that it left, and does not keep stored() waiting', async () => {
  const { meter, openai, provider } = await meteredApp();
  provider.enqueue(chatAnswer({ text: 'One two three', stall: { afterEvents: 3 } }));
  const turn = meter.track({ userId: 'u1' });
  const messages = [{ role: 'user' as const, content: 'Count' }];
  const stream = await openai.chat.completions.create({ model: 'm', messages, stream: true }, turn.options);
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content?.includes('two') === true) break;
  expect(await turn.stored()).toEqual({ stored: 1, pending: 0 });
  const { records } = await turn.usage();
  expect(records.map(({ outcome, origin }) => [outcome, origin])).toEqual([['stopped', 'estimated']]);
});

/** Answers come in the order of the questions. */
function startReader(database: string): { ask(userId: string): Promise<string> } {
  const child = spawn(process.execPath, ['--conditions=@kilotoken/source', script, database], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const waiting: ((answer: string) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line));
  return {
    ask: (userId) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        child.stdin.write(`${userId}\n`);
      }),
  };
}
