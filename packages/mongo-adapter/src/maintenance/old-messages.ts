import type { Document } from 'mongodb';
import { valueAtPath } from '../documents/value-at-path.ts';
import type { Collections } from '../driver/collections.ts';
import type { LedgerRow } from '../ledger/ledger-row.ts';
import { encodeText } from '../ledger/text.ts';
import type { MessageLayout } from '../messages/message-fields.ts';

const batchMessages = 500;

/** Messages that show tokens, in the order of their keys and in batches. */
export async function* messagesWithUsage(
  collections: Collections,
  { key, layout }: { readonly key: string; readonly layout: MessageLayout },
  after: unknown,
): AsyncGenerator<Document[]> {
  const fields = [layout.totalTokens, layout.inputTokens, layout.outputTokens].filter((name) => name !== false);
  if (fields.length === 0) return;
  let batch: Document[] = [];
  const found = collections.messages
    .find({
      $or: fields.map((name) => ({ [name]: { $gt: 0 } })),
      ...(after === undefined ? {} : { [key]: { $gt: after } }),
    })
    .sort({ [key]: 1 })
    .batchSize(batchMessages);
  for await (const message of found) {
    batch.push(message);
    if (batch.length < batchMessages) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Messages of a batch that the meter has records of. */
export async function knownMessages(
  batch: readonly Document[],
  key: string,
  { ledger }: Collections,
): Promise<Set<string>> {
  const ids = batch.map((message) => encodeText(String(valueAtPath(message, key))));
  const rows = await ledger
    .find({ mid: { $in: ids } })
    .project<Pick<LedgerRow, 'mid'>>({ mid: 1 })
    .toArray();
  return new Set(rows.map(({ mid }) => mid ?? ''));
}
