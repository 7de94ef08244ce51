import { isJsonObject } from '../json-object.ts';
import type { JsonObject } from '../json-object.ts';

/** The object in JSON text, or `undefined` where the text is no JSON object. */
export function parseObject(text: string | undefined): JsonObject | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
