import { appendCases } from './conformance/append-cases.ts';
import type { UsageStoreCase } from './conformance/conformance-case.ts';
import { lifecycleCases } from './conformance/lifecycle-cases.ts';
import { recordsCases } from './conformance/records-cases.ts';
import { seriesCases } from './conformance/series-cases.ts';
import { totalsCases } from './conformance/totals-cases.ts';

export type { ConformanceOptions, CreateStore, UsageStoreCase } from './conformance/conformance-case.ts';

/**
 * The contract of a store as test cases for any test runner: one case per fact.
 *
 * `run` takes a fresh, empty store, or a function that creates one, and closes it. It rejects with an `AssertionError` if the fact does not
 * hold. Pass `openAgain`, too, so that the declared `capabilities` are checked.
 *
 * @example
 * ```ts
 * import { usageStoreConformance } from '@kilotoken/core/testing';
 * it.for(usageStoreConformance)('$name', ({ run }) => run(myStore()));
 * ```
 */
export const usageStoreConformance: readonly UsageStoreCase[] = [
  ...appendCases,
  ...totalsCases,
  ...seriesCases,
  ...recordsCases,
  ...lifecycleCases,
];
