import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fakeProvider } from '@kilotoken/core/testing';
import { startMongo } from '@kilotoken/mongo-adapter/testing';
import { describe, expect, test } from 'vitest';
import { servedProcess } from '../served-process.ts';
import { documents, root } from './documents.ts';
import { existingApp, type ExistingApp } from './existing-app.ts';
import { firstForeignLine, takenBlocks } from './taken-code.ts';

const page = readFileSync(join(root, 'docs/guide/walkthrough.md'), 'utf8');
const diff = /^```diff\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? '';

describe('code that a document takes from an example', () => {
  const taken = documents().flatMap(({ path, text }) => takenBlocks(text).map((block) => ({ ...block, path })));

  test('is there in the walk-through, at every step', () => {
    const steps = page.match(/^## \d+\. /gm) ?? [];
    expect(steps.length).toBeGreaterThan(5);
    for (const step of page.split(/^## \d+\. /m).slice(1, steps.length + 1)) {
      expect(step.slice(0, step.search(/^## /m)), step.split('\n')[0]).toMatch(/<!-- from |^```sh$/m);
    }
  });

  test.for(taken)('$path, line $line, is in $source word for word', (block) => {
    expect(firstForeignLine(block)).toBe(undefined);
  });
});

describe('the diff of the walk-through', () => {
  test('fits one screen, and is as long as the text says', () => {
    const lines = diff.split('\n').slice(0, -1);
    const changed = lines.filter((line) => /^[+-](?![+-]{2} )/.test(line));
    const files = lines.filter((line) => line.startsWith('+++ '));
    expect(lines.length).toBeLessThanOrEqual(60);
    expect(page).toContain(`${changed.length} changed lines in ${files.length} files`);
  });

  test('makes an app that knows nothing of metering do all of it', { timeout: 240_000 }, async () => {
    await using app = await existingApp();
    const said = ['one', 'two three'];
    const texts = ['You said: one', 'You said: two three'];
    const nothing = [undefined, undefined];
    await app.compile();
    const before = await talk(app, said);
    expect(before).toMatchObject({
      atFirst: undefined,
      texts,
      onMessages: nothing,
      frames: nothing,
      endedBy: 'SIGTERM',
    });

    await app.apply(diff);
    await app.compile();
    const after = await talk(app, said);
    const [first = 0, second = 0] = after.generated;
    expect(after).toMatchObject({ atFirst: 0, afterwards: first + second, texts, endedBy: 'SIGTERM' });
    expect(after.onMessages).toEqual([first, second]);
    expect(after.frames).toEqual([String(first), String(second)]);
    // As its front end's tools would: Node itself imports no style sheet.
    const { page: rendered } = (await import(join(app.folder, 'dist/page.js'))) as { page: (user: object) => string };
    expect(rendered({ id: 'u1', email: 'ada@example.com', totalTokensUsed: 123 })).toContain('123 tokens');
  });
});

/** Registers somebody, chats, and reads what can be seen of the usage from outside. */
async function talk({ folder }: ExistingApp, messages: readonly string[]) {
  await using provider = await fakeProvider();
  const mongo = await startMongo({ members: 1 });
  try {
    await using app = await servedProcess(
      [process.execPath, '--conditions=@kilotoken/source', 'dist/main.js'],
      folder,
      {
        MONGODB_URI: mongo.uri.replace('/?', '/chat?'),
        OPENAI_BASE_URL: provider.baseURL,
        OPENAI_API_KEY: 'test',
      },
    );
    const post = (path: string, body: object, headers = {}): Promise<Response> => {
      const json = { 'content-type': 'application/json', ...headers };
      return fetch(app.url + path, { method: 'POST', headers: json, body: JSON.stringify(body) });
    };
    const { id } = (await (await post('/users', { email: 'ada@example.com' })).json()) as { id: string };
    const get = async <Body>(path: string): Promise<Body> =>
      (await (await fetch(app.url + path, { headers: { 'x-user': id } })).json()) as Body;
    const { totalTokensUsed: atFirst } = await get<Profile>('/profile');
    const wires: string[] = [];
    for (const content of messages) wires.push(await (await post('/chat', { content }, { 'x-user': id })).text());
    const found = await get<readonly Message[]>('/messages');
    return {
      atFirst,
      afterwards: (await get<Profile>('/profile')).totalTokensUsed,
      texts: found.map(({ content }) => content),
      onMessages: found.map(({ totalTokens }) => totalTokens),
      frames: wires.map((wire) => /"kilotoken":.*"add":{"total":(\d+),.*\n\ndata: \[DONE\]\n\n$/.exec(wire)?.[1]),
      generated: provider.requests.map(({ generatedUsage }) => Number(generatedUsage?.['total_tokens'])),
      endedBy: await app.stop('SIGTERM'),
    };
  } finally {
    await mongo.stop();
  }
}

interface Profile {
  readonly totalTokensUsed?: number;
}

interface Message {
  readonly content: string;
  readonly totalTokens?: number;
}
