/**
 * What a browser may see beyond token counts: `cost`, and `models` by name. Default: neither.
 *
 * @example
 * ```ts
 * const expose: readonly UsageExposure[] = ['cost', 'models'];
 * ```
 */
export type UsageExposure = 'cost' | 'models';

/** Says whether one of the two was exposed. */
export function isExposed(expose: readonly UsageExposure[] | undefined, what: UsageExposure): boolean {
  return expose?.includes(what) === true;
}

/** Says whether a value of outside is a list of the two. */
export function areExposures(list: unknown): boolean {
  return Array.isArray(list) && list.every((one) => one === 'cost' || one === 'models');
}
