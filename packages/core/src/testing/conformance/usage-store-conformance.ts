import { appendCases } from './append-cases.ts';
import type { UsageStoreCase } from './conformance-case.ts';
import { lifecycleCases } from './lifecycle-cases.ts';
import { recordsCases } from './records-cases.ts';
import { seriesCases } from './series-cases.ts';
import { totalsCases } from './totals-cases.ts';

export type { ConformanceOptions, CreateStore, UsageStoreCase } from './conformance-case.ts';

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
