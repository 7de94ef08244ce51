import type { UsageStore } from '../../storage/usage-store.ts';
import { compareGroups } from '../../storage/usage-sums.ts';
import { withoutUndefined } from '../../without-undefined.ts';
import { shownCount } from '../usage-counts.ts';
import type { CostAmount } from '../cost-amount.ts';
import type { ResolvedPeriod } from './usage-period.ts';
import type { UsageSubject } from '../usage-subject.ts';

/**
 * Usage of one model.
 *
 * @example
 * ```ts
 * const model: UsageModel = { model: 'gpt-5-mini', total: 900_000 };
 * ```
 */
export interface UsageModel {
  /** The model that answered, or the requested model if the answer named none; `unknown` if neither is known. */
  readonly model: string;
  /** Tokens, 0 or more. */
  readonly total: number;
  /** Only with `expose: ['cost']`, and if something is priced. */
  readonly cost?: CostAmount;
}

/** A share under way, by model. */
export type ModelSums = Map<string, { totalTokens: number; picoUsd: bigint }>;

/** Adds to the share of a model. */
export function addToModel(sums: ModelSums, model = 'unknown', totalTokens = 0, picoUsd = 0n): void {
  const sum = sums.get(model) ?? { totalTokens: 0, picoUsd: 0n };
  sums.set(model, { totalTokens: sum.totalTokens + totalTokens, picoUsd: sum.picoUsd + picoUsd });
}

/** The models as shown, most tokens first. */
export function modelList(
  sums: ModelSums,
  priceOf: (picoUsd: bigint) => CostAmount | undefined,
): readonly UsageModel[] {
  return [...sums]
    .map(([model, { totalTokens, picoUsd }]) =>
      withoutUndefined<UsageModel>({ model, total: shownCount(totalTokens), cost: priceOf(picoUsd) }),
    )
    .toSorted((a, b) => b.total - a.total || compareGroups(a.model, b.model));
}

/** The models of a period. */
export async function usageModels(
  store: UsageStore,
  subject: UsageSubject,
  range: ResolvedPeriod['range'],
  priceOf: (picoUsd: bigint) => CostAmount | undefined,
): Promise<readonly UsageModel[]> {
  const sums: ModelSums = new Map();
  // The longest bucket gives the fewest points; where months begin does not matter to their sum.
  for (const { model, tokens, picoUsd } of await store.series({ ...subject, ...range, bucket: 'month', by: 'model' })) {
    addToModel(sums, model, tokens.totalTokens, picoUsd);
  }
  return modelList(sums, priceOf);
}
