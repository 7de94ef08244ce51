/** What is said of a value that is no store. */
export const aStore = 'a usage store, such as sqliteStore({ path })';

/** Says whether a value can be read and written as a store. */
export function isStore(value: unknown): boolean {
  return isReadableStore(value) && hasMethods(value, ['append', 'close']);
}

/** Says whether a value can be read as a store. */
export function isReadableStore(value: unknown): boolean {
  return hasMethods(value, ['totals', 'series', 'records']);
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}
