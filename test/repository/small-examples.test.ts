import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const examples = join(import.meta.dirname, '../../examples');

test.for(['express', 'ai-sdk', 'next-app-router'])('the example %s has under 150 lines of its own', (name) => {
  const files = globSync('{src,app,lib}/**/*.{ts,tsx}', { cwd: join(examples, name) });
  const others = globSync('*.{ts,tsx}', { cwd: join(examples, name) }).filter(
    (path) => !/\.config\.ts$|^next-env/.test(path),
  );
  const lines = [...files, ...others].map(
    (path) =>
      readFileSync(join(examples, name, path), 'utf8')
        .trimEnd()
        .split('\n').length,
  );
  const sum = lines.reduce((total, each) => total + each, 0);
  expect(sum).toBeGreaterThan(50);
  expect(sum).toBeLessThan(150);
});
