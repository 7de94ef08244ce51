/** A variable of the environment; undefined where there is none, or where the app may not read it: Deno throws then. */
export function envValue(name: string): string | undefined {
  try {
    return globalThis.process?.env?.[name];
  } catch {
    return undefined;
  }
}
