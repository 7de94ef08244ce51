import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CodeBlock, codeBlocks } from './code-blocks.ts';

export const root = join(import.meta.dirname, '../..');

/** A Markdown file of the repository. */
export interface Document {
  /** Relative to the root. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly CodeBlock[];
}

/** The documents people read first: the README files and the guides. */
export function documents(): readonly Document[] {
  const paths = [
    'README.md',
    ...globSync(['docs/guide/*.md', 'packages/*/README.md', 'examples/*/README.md'], { cwd: root }),
  ];
  return paths
    .filter((path) => existsSync(join(root, path)))
    .toSorted()
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return { path, text, blocks: codeBlocks(text) };
    });
}
