import type { CardPlan } from '../arithmetic/card-plan.ts';
import { planCard } from '../arithmetic/card-plan.ts';
import { withoutDate } from './model-name.ts';
import type { PriceOverride } from '../price-options.ts';

/** A price of the app's own, ready for use. */
export interface OverridePlan {
  /** `provider/model`, or the model alone where the price holds for any provider. */
  readonly id: string;
  readonly plan: CardPlan;
}

/** Finds the app's own price of a model. */
export interface OverrideBook {
  readonly isEmpty: boolean;
  /** By full name, then without the date at its end; the provider's before one for any provider. */
  find(provider: string, model: string): OverridePlan | undefined;
}

export function createOverrideBook(overrides: readonly PriceOverride[]): OverrideBook {
  const plans = new Map(
    [...overridesByModel(overrides)].map(([key, periods]) => {
      const { provider, model } = periods[0] ?? { model: '' };
      const id = provider === undefined ? model : `${provider}/${model}`;
      return [key, { id, plan: planCard(periods, true) }] as const;
    }),
  );
  const named = (provider: string, model: string): OverridePlan | undefined =>
    plans.get(keyOf(provider, model)) ?? plans.get(keyOf(undefined, model));
  return {
    isEmpty: plans.size === 0,
    find(provider, model) {
      if (plans.size === 0) return undefined;
      const bare = withoutDate(model);
      return named(provider, model) ?? (bare === undefined ? undefined : named(provider, bare));
    },
  };
}

/** Overrides of one model and provider are its periods, in order of time. */
export function overridesByModel(overrides: readonly PriceOverride[]): ReadonlyMap<string, readonly PriceOverride[]> {
  const groups = new Map<string, PriceOverride[]>();
  for (const override of overrides) {
    const key = keyOf(override.provider, override.model);
    groups.set(key, [...(groups.get(key) ?? []), override]);
  }
  for (const periods of groups.values()) periods.sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
  return groups;
}

function startOf({ from }: PriceOverride): number {
  return from?.getTime() ?? Number.NEGATIVE_INFINITY;
}

function keyOf(provider: string | undefined, model: string): string {
  return `${provider ?? ''}\n${model.toLowerCase()}`;
}
