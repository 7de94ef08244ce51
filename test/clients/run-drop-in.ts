import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { dropInChecks } from './drop-in-checks.ts';
import { applies, runCheck } from './run-check.ts';
import type { MeterUnderTest } from './run-check.ts';
import { loadSdk } from './sdk-under-test.ts';

/** What one run of the list came to, as the last line of its output. */
export interface DropInReport {
  readonly passed: number;
  readonly failed: readonly { readonly sdk: string; readonly check: string; readonly message: string }[];
}

/**
 * Runs the drop-in list without a test runner, so that it can run where none does: in older versions of Node, and with
 * a broken copy of kilotoken. Arguments: `--sdk openai:esm` (any number), `--meter <module>`, `--only <part of a name>`.
 */
const { values } = parseArgs({
  options: {
    sdk: { type: 'string', multiple: true, default: ['openai:esm'] },
    meter: { type: 'string' },
    only: { type: 'string', default: '' },
  },
});
const entry = values.meter === undefined ? '@kilotoken/core' : pathToFileURL(values.meter).href;
const kilotoken = (await import(entry)) as MeterUnderTest;
const failed: DropInReport['failed'][number][] = [];
let passed = 0;
for (const name of values.sdk) {
  const [alias = '', format] = name.split(':');
  const under = await loadSdk(alias, format === 'cjs' ? 'cjs' : 'esm');
  for (const check of dropInChecks) {
    if (!check.name.includes(values.only) || !applies(check, under)) continue;
    try {
      await runCheck(check, under, kilotoken);
      passed += 1;
    } catch (error) {
      failed.push({ sdk: name, check: check.name, message: error instanceof Error ? error.message : String(error) });
    }
  }
}
// A long report is written in pieces: not before its last one may the process end.
process.stdout.write(`${JSON.stringify({ passed, failed } satisfies DropInReport)}\n`, () => process.exit());
