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

/** Value of the key field of one document; nothing where the id cannot be one of the app's. */
export function documentKey(encodedId: string, { id }: Pick<DocumentMapping, 'id'>): unknown {
  try {
    return id(decodeText(encodedId)) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Filter of one document; nothing where the id cannot be one of the app's. */
export function documentFilter(encodedId: string, mapping: DocumentMapping): Document | undefined {
  const mapped = documentKey(encodedId, mapping);
  if (mapped === undefined) return undefined;
  try {
    return { ...mapping.filter?.(decodeText(encodedId)), [mapping.key]: { $eq: mapped } };
  } catch {
    return undefined;
  }
}

/** Keys of many documents, and the way back from a key to the id of the records. */
export function documentKeys(
  encodedIds: readonly string[],
  mapping: Pick<DocumentMapping, 'id'>,
): { readonly keys: readonly unknown[]; idOf(key: unknown): string | undefined } {
  const ids = new Map<string, string>();
  const keys: unknown[] = [];
  for (const encodedId of encodedIds) {
    const mapped = documentKey(encodedId, mapping);
    if (mapped === undefined) continue;
    keys.push(mapped);
    ids.set(keyText(mapped), encodedId);
  }
  return { keys, idOf: (key) => ids.get(keyText(key)) };
}

/** Filter of many documents: the very ones that the updates find one by one. */
export function documentsFilter(encodedIds: readonly string[], mapping: DocumentMapping): Document {
  if (mapping.filter === undefined) return { [mapping.key]: { $in: documentKeys(encodedIds, mapping).keys } };
  const filters = encodedIds.map((id) => documentFilter(id, mapping)).filter((filter) => filter !== undefined);
  return filters.length === 0 ? { [mapping.key]: { $in: [] } } : { $or: filters };
}

/**
 * ObjectId, numbers and text print themselves differently enough within one collection. Bytes do not, and are of another
 * class when they are read than when the app made them; objects and dates do not either.
 */
function keyText(key: unknown): string {
  if (typeof key !== 'object' || key === null) return String(key);
  const bytes = bytesOf(key);
  if (bytes !== undefined) return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (key instanceof Date) return String(key.getTime());
  // oxlint-disable-next-line typescript/no-base-to-string -- the types of the driver print what they hold
  if ('_bsontype' in key) return String(key);
  return JSON.stringify(Object.entries(key).map(([name, value]) => [name, keyText(value)]));
}

/** What is in a `Binary` or `UUID` of any copy of the driver, or in an array of bytes. */
function bytesOf(key: object): Uint8Array | undefined {
  if (key instanceof Uint8Array) return key;
  const { _bsontype: type, buffer, position } = key as Record<string, unknown>;
  if (type !== 'Binary' || !(buffer instanceof Uint8Array)) return undefined;
  return typeof position === 'number' ? buffer.subarray(0, position) : buffer;
}
