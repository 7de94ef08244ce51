import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bareUsage } from '../../src/recording/making/bare-usage.ts';

const folder = join(import.meta.dirname, '../fixtures/dialects');

it('keeps the usage objects of all dialects whole', () => {
  const reports = readdirSync(folder)
    .filter((file) => /\.(json|sse)$/.test(file))
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').split(/\r?\n(?=data:)|^data:/m))
    .flatMap((text) => usageIn(parsed(text.replace(/^data:/, ''))));
  expect(reports.length).toBeGreaterThan(30);
  for (const report of reports) expect(bareUsage(report)).toEqual(report);
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.split(/\r?\n\r?\n/)[0] ?? '') as unknown;
  } catch {
    return undefined;
  }
}

function usageIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) => [
    ...(/^(usage|timings)$/.test(name) && typeof member === 'object' && member !== null ? [member] : []),
    ...usageIn(member),
  ]);
}
