import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BlockFolder, blockFolder, scratch } from './compile-blocks.ts';
import { documents, root } from './documents.ts';
import { runBlock } from './run-block.ts';

const pages = documents();
const blocks = pages.flatMap(({ path, blocks: found }) =>
  found.map((block) => ({ ...block, name: `${path.replaceAll('/', '-').replace(/\.md$/, '')}.line-${block.line}` })),
);
const wrong = 'self-check';

let folder: BlockFolder;

beforeAll(async () => {
  const code = `import { createMeter } from '@kilotoken/core';\ncreateMeter({ shop: 1 });`;
  folder = await blockFolder(new Map([...blocks.map(({ name, code: text }) => [name, text] as const), [wrong, code]]));
});

afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('the documents', () => {
  test('have no block that does not compile', async () => {
    const faults = await folder.compile();
    const isWanted = (fault: string): boolean => fault.startsWith(wrong);
    expect(faults.filter((fault) => !isWanted(fault))).toEqual([]);
    expect(faults.filter(isWanted)).toEqual([expect.stringMatching(/self-check\.ts\(2,.*'shop'/)]);
  });

  const runs = blocks.filter(({ isRun }) => isRun);

  test.for(runs)('$name runs to its end', async ({ name }) => {
    const run = await runBlock(folder.paths.get(name) ?? '');
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  });

  const links = pages.flatMap(({ path, text }) =>
    [...withoutCode(text).matchAll(/\]\((?!https?:|mailto:|#)([^)\s#]+)[^)]*\)/g)].map(([, target = '']) => ({
      path,
      target,
    })),
  );

  test.for(links)('$path links to $target, which exists', ({ path, target }) => {
    expect(existsSync(join(root, dirname(path), target))).toBe(true);
  });
});

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '').replaceAll(/`[^`\n]*`/g, '');
}
