import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const folder = join(import.meta.dirname, '..');
const guide = join(folder, '../../docs/guide');
/** Inside of the package, so that imports resolve as they do in its sources; not under version control. */
const scratch = join(folder, '.scratch');
const pages = [...globSync('widget*.md', { cwd: guide }).toSorted(), '../../packages/react-widget/README.md'];

afterAll(() => rm(scratch, { recursive: true, force: true }));

test('every code block of the guides compiles', async () => {
  await mkdir(scratch, { recursive: true });
  const place = await mkdtemp(join(scratch, 'blocks-'));
  const compilerOptions = {
    composite: false,
    emitDeclarationOnly: false,
    noEmit: true,
    rootDir: join(folder, '../..'),
    jsx: 'react-jsx',
    lib: ['ES2023', 'DOM', 'DOM.Iterable'],
    types: ['node', 'vite/client'],
    // Its hooks, without a framework around them.
    paths: { 'next-intl': ['../../../../node_modules/use-intl/dist/types/index.d.ts'] },
  };
  const settings = { extends: '../../../../tsconfig.base.json', compilerOptions, include: ['*.tsx'] };
  await writeFile(join(place, 'tsconfig.json'), JSON.stringify(settings));
  let count = 0;
  for (const page of pages) {
    const text = readFileSync(join(guide, page), 'utf8');
    for (const block of text.matchAll(/^```tsx?\n([\s\S]*?)^```$/gm)) {
      count += 1;
      await writeFile(join(place, `block-${count}.tsx`), `${block[1]}\nexport {};\n`);
    }
  }
  // One that must not compile, so that a compiler that sees nothing is noticed.
  const wrong = `import { TokenMeter } from '@kilotoken/react-widget';\nexport const x = <TokenMeter variant="disc" />;\n`;
  await writeFile(join(place, 'self-check.tsx'), wrong);
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const faults = await new Promise<readonly string[]>((resolve) => {
    execFile(process.execPath, [tsc, '-p', place, '--pretty', 'false'], { cwd: place }, (_, stdout) => {
      resolve(stdout.split('\n').filter((line) => /^[\w-]/.test(line)));
    });
  });
  expect(faults).toEqual([expect.stringMatching(/^self-check\.tsx.*'"disc"'/)]);
  expect(count).toBeGreaterThan(10);
}, 60_000);
