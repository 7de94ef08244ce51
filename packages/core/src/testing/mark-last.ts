/** Pairs each item with whether it is the last; pulls one item ahead. */
export function* markLast<T>(items: Iterable<T>): Generator<readonly [item: T, isLast: boolean]> {
  let held: { readonly item: T } | undefined;
  for (const item of items) {
    if (held !== undefined) yield [held.item, false];
    held = { item };
  }
  if (held !== undefined) yield [held.item, true];
}
