import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong with the page as it is now: WCAG 2.2 AA and best practice. */
export async function axeViolations(page: Page): Promise<unknown[]> {
  await page.evaluate(source);
  const { violations, incomplete } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  const found = [...violations, ...incomplete].flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => ({ id, html, failureSummary })),
  );
  return found.filter(({ failureSummary }) => !undecidable.test(failureSummary));
}

/** Text under a dialog or scrolled away was judged where it was in view; a single digit looks like its neighbours. */
const undecidable = /(?:obscured|overlapped) by another element|too short to determine/;
