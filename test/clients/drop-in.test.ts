import * as kilotoken from '@kilotoken/core';
import { describe, it } from 'vitest';
import { dropInChecks } from './drop-in-checks.ts';
import { applies, runCheck } from './run-check.ts';
import { loadSdk, newestAliases, olderAliases } from './sdk-under-test.ts';

const isFull = process.env['KILOTOKEN_FULL'] === '1';
const formats = ['esm', 'cjs'] as const;
/** Each version in both formats, or, in a quick run, the newest of each major as ESM and one of them as CommonJS. */
const matrix = isFull
  ? [...newestAliases, ...olderAliases].flatMap((alias) => formats.map((format) => ({ alias, format })))
  : [...newestAliases.map((alias) => ({ alias, format: 'esm' as const })), { alias: 'openai', format: 'cjs' as const }];

for (const { alias, format } of matrix) {
  const under = await loadSdk(alias, format);
  const checks = dropInChecks.filter((check) => applies(check, under));
  describe(`openai ${under.version} as ${format}`, () => {
    it.for(checks)('$name', (check) => runCheck(check, under, kilotoken));
  });
}
