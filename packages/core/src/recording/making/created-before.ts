/**
 * When something came about that was seen later, as its provider says. Nothing is seen before it is there: what lies behind
 * that, or is no time at all (milliseconds where seconds belong), would put a record where no period shows it, or make one
 * that no store takes.
 */
export function createdBefore(created: Date | undefined, seen: { readonly startedAt: Date }): Date {
  return created !== undefined && created.getTime() <= seen.startedAt.getTime() ? created : seen.startedAt;
}
