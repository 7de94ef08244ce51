import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const guide = join(import.meta.dirname, '../../../../docs/guide/writing-a-store.md');

it('is, word for word, the store of the guide', () => {
  const store = readFileSync(join(import.meta.dirname, 'postgres-store.ts'), 'utf8');
  const blocks = readFileSync(guide, 'utf8')
    .split('```ts\n')
    .slice(1)
    .map((part) => part.split('```\n')[0]);
  expect(blocks).toContain(store);
});
