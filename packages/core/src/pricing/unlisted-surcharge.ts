import type { PricedCall } from './priced-call.ts';

/**
 * Some say only inside of the usage object that a call was served at a price that no card has: Anthropic that it was
 * faster or in one region, Vertex AI that it was of a service tier or of throughput that is paid for anyway.
 */
export function hasUnlistedSurcharge({ provider, rawUsage }: PricedCall): boolean {
  if (typeof rawUsage !== 'object' || rawUsage === null) return false;
  if (provider === 'google') return isOfAnotherTier(rawUsage);
  if (provider !== 'anthropic') return false;
  const { speed, inference_geo: region } = rawUsage as { readonly speed?: unknown; readonly inference_geo?: unknown };
  const isUsualSpeed = speed === undefined || speed === null || speed === 'standard';
  const isAnyRegion = region === undefined || region === null || region === 'global' || region === 'not_available';
  return !(isUsualSpeed && isAnyRegion);
}

function isOfAnotherTier(usage: object): boolean {
  const { extra_properties: extra } = usage as {
    readonly extra_properties?: { readonly google?: { readonly traffic_type?: unknown } | null } | null;
  };
  const type = extra?.google?.traffic_type;
  return typeof type === 'string' && !/^(?:on_demand|traffic_type_unspecified)$/i.test(type);
}
