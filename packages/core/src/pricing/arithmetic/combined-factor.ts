import type { PriceFactor } from '../price-card.ts';
import type { PriceAdjustment } from '../price-options.ts';

/** All factors that hold at an instant, multiplied; still integers. */
export function combinedFactor(adjustments: readonly PriceAdjustment[], at: Date): PriceFactor | undefined {
  if (adjustments.length === 0) return undefined;
  let [numerator, denominator] = [1, 1];
  for (const { from, to, factor } of adjustments) {
    if ((from !== undefined && at < from) || (to !== undefined && at >= to)) continue;
    numerator *= factor[0];
    denominator *= factor[1];
  }
  return [numerator, denominator];
}
