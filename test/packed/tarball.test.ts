import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { freshApp } from './fresh-app.ts';
import { styleSheets, typedSubpaths } from './packed-package.ts';

const packages = inject('packages');

describe.for(packages)('the tarball of $name', ({ files, folder }) => {
  test('holds the build, the sources they map to, the licence and nothing else', () => {
    const others = files.filter((path) => !/^(dist|src)\//.test(path));
    expect(others.toSorted()).toEqual(expect.arrayContaining(['LICENSE', 'package.json']));
    expect(others.filter((path) => !['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json'].includes(path))).toEqual(
      [],
    );
  });

  test('holds no tests, fixtures, secrets or leftovers', () => {
    const unwanted =
      /(\.(test|spec|bench)\.|(^|\/)(test|tests|fixtures|__[a-z]+__)\/|\.tsbuildinfo$|(^|\/)\.|\.db$|\.log$)/;
    expect(files.filter((path) => unwanted.test(path))).toEqual([]);
  });

  test('holds each source once: the maps name files that are there, and repeat none', async () => {
    const maps = files.filter((path) => path.endsWith('.map'));
    expect(maps).not.toEqual([]);
    for (const path of maps) {
      const map = JSON.parse(await readFile(join(folder, path), 'utf8')) as SourceMap;
      const sources = map.sources.map((source) => posix.join(posix.dirname(path), source));
      const own = sources.filter((source) => !source.includes('node_modules/'));
      expect(files, path).toEqual(expect.arrayContaining(own));
      expect(map.sourcesContent ?? [], path).toEqual([]);
    }
  });
});

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly string[];
}

test('loading every entry creates no file, prints nothing, adds no global and lets the process end', async () => {
  await using app = await freshApp(['esm'], packages);
  const home = join(app.folder, 'home');
  await mkdir(home);
  const before = await readdir(app.folder, { recursive: true });
  const subpaths = packages.flatMap((packed) => packed.typedSubpaths);
  const load = (entries: readonly string[], first = ''): Promise<string> => {
    const code = entries.map((entry) => `await import('${entry}'); require('${entry}');`).join('\n');
    const loader = `import { createRequire } from 'node:module'; const require = createRequire('${app.folder}/');`;
    return app.node(['--input-type=module', '--eval', `${loader}\n${first}\n${code}`], { HOME: home, TMPDIR: home });
  };

  expect(await load(subpaths)).toBe('');
  // Nest adds some, and what starts servers for tests.
  const others = subpaths.filter((subpath) => !/\/(nestjs|testing)$/.test(subpath));
  expect(others.length).toBeLessThan(subpaths.length);
  expect(await load(others, 'Object.preventExtensions(globalThis);')).toBe('');
  expect((await readdir(app.folder, { recursive: true })).toSorted()).toEqual(before.toSorted());
});

describe('the typed entries of a package', () => {
  test('are those with declarations, under either condition', () => {
    const types = { types: './a.d.ts', default: './a.js' };
    const exports = {
      '.': { import: types, require: types },
      './sub': { '@kilotoken/source': './src/sub.ts', import: types },
      './styles.css': { types: './styles.css.d.cts', default: './styles.css' },
      './package.json': './package.json',
    };
    expect(typedSubpaths({ name: 'thing', exports })).toEqual(['thing', 'thing/sub']);
    expect(styleSheets({ name: 'thing', exports })).toEqual(['thing/styles.css']);
  });

  test('are never none', () => {
    expect(() => typedSubpaths({ name: 'thing' })).toThrow('thing exports nothing with types');
  });
});
