import type { UsageRecord } from '@kilotoken/core';
import type { Document } from 'mongodb';
import { valueAtPath } from '../documents/value-at-path.ts';
import { encodeText } from '../ledger/text.ts';
import { wholeNumber } from '../ledger/whole-number.ts';
import type { MessageLayout } from '../messages/message-fields.ts';
import type { BackfillOptions } from './backfill-options.ts';
import { oldRecord } from './old-record.ts';

/** The record of a message that shows tokens; nothing where the ledger has one already. */
export function messageRecord(
  message: Document,
  { key, layout }: { readonly key: string; readonly layout: MessageLayout },
  { userIdOf, startedAtOf, modelOf }: BackfillOptions,
  known: ReadonlySet<string>,
): UsageRecord[] {
  const messageId = String(valueAtPath(message, key));
  if (known.has(encodeText(messageId))) return [];
  const count = (name: string | false): number | undefined => {
    const value = name === false ? undefined : (valueAtPath(message, name) ?? undefined);
    return value === undefined ? undefined : Number(wholeNumber(value));
  };
  const inputTokens = count(layout.inputTokens);
  const outputTokens = count(layout.outputTokens);
  const totalTokens = count(layout.totalTokens) ?? (inputTokens ?? 0) + (outputTokens ?? 0);
  const userId = userIdOf === undefined ? ownerOf(message) : userIdOf(message);
  const model: unknown = modelOf === undefined ? message['model'] : modelOf(message);
  return [
    oldRecord({
      id: `m:${messageId}`,
      startedAt: startedAtOf?.(message) ?? timeOf(message),
      tokens: {
        ...(inputTokens === undefined ? {} : { inputTokens }),
        ...(outputTokens === undefined ? {} : { outputTokens }),
        totalTokens,
      },
      attribution: { messageId, ...(userId === undefined ? {} : { userId }) },
      ...(typeof model === 'string' ? { responseModel: model } : {}),
    }),
  ];
}

/** Text, a number or an ObjectId, which prints itself. */
function ownerOf({ userId }: Document): string | undefined {
  return userId === undefined || userId === null ? undefined : String(userId);
}

function timeOf(message: Document): Date {
  const { createdAt, _id: id } = message as { createdAt?: unknown; _id?: { getTimestamp?: () => Date } };
  if (createdAt instanceof Date) return createdAt;
  return typeof id?.getTimestamp === 'function' ? id.getTimestamp() : new Date(0);
}
