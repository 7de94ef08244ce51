import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const reports = join(import.meta.dirname, '../../docs/api');

// Workers and browsers have no @types/node: without it a name of Node's is an error in our types, not in the app's code.
test.for(['core', 'react-widget'])('the types of %s name nothing that only Node has', async (name) => {
  const report = await readFile(join(reports, `${name}.api.md`), 'utf8');
  expect(report).not.toMatch(/\bNodeJS\.|\bBuffer\b|from 'node:/);
});
