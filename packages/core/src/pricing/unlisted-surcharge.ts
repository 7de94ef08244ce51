import type { PricedCall } from './priced-call.ts';

/**
 * Anthropic says only inside of the usage object that a call was served faster or in one region, at a higher price that
 * no card has.
 */
export function hasUnlistedSurcharge({ provider, rawUsage }: PricedCall): boolean {
  if (provider !== 'anthropic' || typeof rawUsage !== 'object' || rawUsage === null) return false;
  const { speed, inference_geo: region } = rawUsage as { readonly speed?: unknown; readonly inference_geo?: unknown };
  const isUsualSpeed = speed === undefined || speed === null || speed === 'standard';
  const isAnyRegion = region === undefined || region === null || region === 'global' || region === 'not_available';
  return !(isUsualSpeed && isAnyRegion);
}
