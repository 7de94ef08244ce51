/**
 * What a browser may see beyond token counts: `cost` in money, `models` by name. Default: neither.
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
