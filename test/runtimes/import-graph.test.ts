import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, inject, test } from 'vitest';

const dist = join(inject('app'), 'node_modules/@kilotoken/core/dist');

test.for(['index.js', 'index.cjs', 'store-kit.js', 'store-kit.cjs'])('%s imports nothing but itself', async (entry) => {
  expect(await foreignImports(join(dist, entry))).toEqual([]);
});

test.for(['testing/index.js', 'testing/index.cjs'])('%s is for Node, and known by its imports', async (entry) => {
  expect(await foreignImports(join(dist, entry))).toContainEqual(expect.stringMatching(/^(node:)?http$/));
});

/** What a built module and the chunks it loads import statically from elsewhere. */
async function foreignImports(path: string, seen: Set<string> = new Set()): Promise<string[]> {
  if (seen.has(path)) return [];
  seen.add(path);
  const code = await readFile(path, 'utf8');
  const statements =
    /^(?:import|export)\b[^;'"]*?(?:\bfrom\s*)?["'](?<module>[^"']+)["'];?$|\brequire\(["'](?<required>[^"']+)["']\)/gm;
  const found = [];
  for (const { groups } of code.matchAll(statements)) {
    const specifier = groups?.['module'] ?? groups?.['required'] ?? '';
    // oxlint-disable-next-line no-await-in-loop -- a handful of files
    if (specifier.startsWith('.')) found.push(...(await foreignImports(join(dirname(path), specifier), seen)));
    else found.push(specifier);
  }
  return found;
}
