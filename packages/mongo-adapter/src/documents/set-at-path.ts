/** Puts a value into a document for an insert, where a name with dots as a key would be stored with the dots. */
export function setAtPath(document: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split('.');
  let target = document;
  for (const key of keys.slice(0, -1)) {
    target[key] ??= {};
    target = target[key] as Record<string, unknown>;
  }
  target[keys.at(-1) ?? path] = value;
}
