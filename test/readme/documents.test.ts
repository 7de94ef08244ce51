import { existsSync, readFileSync } from 'node:fs';
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

  const anchors = pages.flatMap(({ path, text }) =>
    [...withoutCode(text).matchAll(/\]\((?!https?:)([^)\s#]*)#([^)\s]+)\)/g)].map(([, target = '', anchor = '']) => ({
      path,
      page: target === '' ? path : join(dirname(path), target),
      anchor,
    })),
  );

  test.for(anchors)('$path links to $anchor of $page, which is a heading there', ({ page, anchor }) => {
    expect(anchorsOf(readFileSync(join(root, page), 'utf8'))).toContain(anchor);
  });
});

/** As GitHub makes them of headings, and those that a page sets itself. */
function anchorsOf(markdown: string): readonly string[] {
  const headings = [...withoutFences(markdown).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-'),
  );
  return [...headings, ...[...markdown.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)];
}

function withoutCode(markdown: string): string {
  return withoutFences(markdown).replaceAll(/`[^`\n]*`/g, '');
}

function withoutFences(markdown: string): string {
  return markdown.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '');
}
