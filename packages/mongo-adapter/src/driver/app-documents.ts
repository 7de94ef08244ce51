import type { Document } from 'mongodb';
import { decodeText } from '../ledger/text.ts';

/** How documents of the app are found by the ids of records. */
export interface DocumentMapping {
  /** Field the id is in. */
  readonly key: string;
  /** The id as the app's documents have it. */
  readonly id: (id: string) => unknown;
  /** More equality conditions, such as the shard key. */
  readonly filter: ((id: string) => Document) | undefined;
}

/** Filter of one document; nothing where the id cannot be one of the app's. */
export function documentFilter(encodedId: string, { key, id, filter }: DocumentMapping): Document | undefined {
  const plain = decodeText(encodedId);
  try {
    const mapped = id(plain);
    return mapped === undefined || mapped === null ? undefined : { ...filter?.(plain), [key]: { $eq: mapped } };
  } catch {
    return undefined;
  }
}

/** Keys of many documents, and the way back from a key to the id of the records. */
export function documentKeys(
  encodedIds: readonly string[],
  { id }: DocumentMapping,
): { readonly keys: readonly unknown[]; idOf(key: unknown): string | undefined } {
  const ids = new Map<string, string>();
  const keys: unknown[] = [];
  for (const encodedId of encodedIds) {
    try {
      const mapped = id(decodeText(encodedId));
      if (mapped === undefined || mapped === null) continue;
      keys.push(mapped);
      ids.set(keyText(mapped), encodedId);
    } catch {
      // Not an id of the app: there is no such document.
    }
  }
  return { keys, idOf: (key) => ids.get(keyText(key)) };
}

/** Filter of many documents: the very ones that the updates find one by one. */
export function documentsFilter(encodedIds: readonly string[], mapping: DocumentMapping): Document {
  if (mapping.filter === undefined) return { [mapping.key]: { $in: documentKeys(encodedIds, mapping).keys } };
  const filters = encodedIds.map((id) => documentFilter(id, mapping)).filter((filter) => filter !== undefined);
  return filters.length === 0 ? { [mapping.key]: { $in: [] } } : { $or: filters };
}

/** ObjectId, UUID, numbers and text all print themselves differently enough within one collection. */
function keyText(key: unknown): string {
  return String(key);
}
