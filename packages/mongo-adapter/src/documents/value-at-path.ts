/** The value of a field, which may be one of an object, of a document of the driver or of mongoose. */
export function valueAtPath(document: unknown, path: string): unknown {
  return path.split('.').reduce((value, key) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return value instanceof Map ? (value.get(key) as unknown) : (Reflect.get(value, key) as unknown);
  }, document);
}
