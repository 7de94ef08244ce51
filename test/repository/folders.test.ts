import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const packages = join(import.meta.dirname, '../../packages');
type Import = readonly [importer: string, imported: string];

describe('folders beside each other', () => {
  test.for(readdirSync(packages))('of %s import one way, also types', (name) => {
    expect(circlesOf(importsOf(name))).toEqual([]);
  });

  test('go in a circle where each imports from the next, and not where they share what is below', () => {
    const next: Import[] = [
      ['a/deep/x.ts', 'b/y.ts'],
      ['b/z.ts', 'c/x.ts'],
    ];
    expect(circlesOf([...next, ['a/x.ts', 'c/x.ts'], ['a/x.ts', 'top.ts'], ['top.ts', 'a/x.ts']])).toEqual([]);
    const circle = circlesOf([...next, ['c/y.ts', 'a/x.ts'], ['above/x.ts', 'a/x.ts']]);
    expect(circle).toEqual(['a -> b', 'b -> c', 'c -> a']);
    expect(circlesOf(next.map(([from, to]) => [`in/${from}`, `in/${to.replace('c/', 'a/')}`]))).toEqual([
      'in/a -> in/b',
      'in/b -> in/a',
    ]);
  });
});

test('no folder of capture takes anything from the files that join them', () => {
  const faults = importsOf('core').filter(
    ([importer, imported]) => /^capture\/.*\//.test(importer) && /^capture\/[^/]*$/.test(imported),
  );
  expect(faults).toEqual([]);
});

/** What the files of a package import from each other, as paths within its source. */
function importsOf(name: string): Import[] {
  const source = join(packages, name, 'src');
  return globSync('**/*.{ts,tsx}', { cwd: source }).flatMap((importer) =>
    ts
      .preProcessFile(readFileSync(join(source, importer), 'utf8'))
      .importedFiles.filter(({ fileName }) => /^\..*\.tsx?$/.test(fileName))
      .map(({ fileName }) => [importer, posix.join(posix.dirname(importer), fileName)] as const),
  );
}

/** The arrows between folders of the same folder that are left once those are taken away that begin or end a way. */
function circlesOf(imports: readonly Import[]): string[] {
  const arrows = new Map(
    imports.flatMap(([importer, imported]): [string, Import][] => {
      const [from, to] = [importer.split('/'), imported.split('/')];
      const depth = from.findIndex((part, at) => part !== to[at]) + 1;
      if (depth >= from.length || depth >= to.length) return [];
      const arrow = [from.slice(0, depth).join('/'), to.slice(0, depth).join('/')] as const;
      return [[arrow.join(' -> '), arrow]];
    }),
  );
  for (;;) {
    const importers = new Set([...arrows.values()].map(([from]) => from));
    const imported = new Set([...arrows.values()].map(([, to]) => to));
    const straight = [...arrows].filter(([, [from, to]]) => !importers.has(to) || !imported.has(from));
    if (straight.length === 0) return [...arrows.keys()].toSorted();
    for (const [name] of straight) arrows.delete(name);
  }
}
