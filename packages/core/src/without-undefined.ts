/** The value with its undefined members left out, so that absent stays absent under `exactOptionalPropertyTypes`. */
export function withoutUndefined<T extends object>(value: { readonly [K in keyof T]: T[K] | undefined }): T {
  const defined: Partial<Record<keyof T, unknown>> = {};
  for (const key in value) {
    if (value[key] !== undefined) defined[key] = value[key];
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only undefined members are gone, and T allows that
  return defined as T;
}
