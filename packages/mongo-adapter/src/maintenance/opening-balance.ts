import type { UsageRecord } from '@kilotoken/core';
import type { Document } from 'mongodb';
import { valueAtPath } from '../documents/value-at-path.ts';
import type { Collections } from '../driver/collections.ts';
import { encodeText } from '../ledger/text.ts';
import { readUsage } from '../users/user-usage.ts';
import { oldRecord } from './old-record.ts';
import { checkTotals } from './unreadable-total.ts';
import { figuresOf, guardsOf, sumUser, writersOfUser } from './user-ledger.ts';
import type { UserFigures, UserMapping } from './user-ledger.ts';

/** What the totals of a user have beyond the ledger, as a correction; nothing where they agree. */
export async function openingBalance(
  userId: string,
  document: Document,
  collections: Collections,
  users: UserMapping,
): Promise<UsageRecord | undefined> {
  checkTotals(document, users.layout);
  const user = encodeText(userId);
  const guards = guardsOf(document, users);
  const writers = await writersOfUser(user, collections);
  const counted = new Map(
    writers.map(({ writer, lastN, isRetired }) => [writer, isRetired ? lastN : (guards.get(writer) ?? 0n)] as const),
  );
  const ledger = figuresOf(await sumUser(user, counted, collections));
  const shown = readUsage(document, { fields: users.layout.fields, guard: users.layout.guard });
  // A total that is not on the document says nothing about what it should be.
  const beyond = (figure: keyof UserFigures): number => {
    const name = users.layout.fields[figure];
    const isShown = name !== false && valueAtPath(document, name) !== undefined;
    return isShown ? Number(shown[figure] - ledger[figure]) : 0;
  };
  const rest = {
    inputTokens: beyond('inputTokens'),
    outputTokens: beyond('outputTokens'),
    totalTokens: beyond('totalTokens'),
  };
  const picoUsd = beyond('picoUsd');
  if (Object.values({ ...rest, picoUsd }).every((value) => value === 0)) return undefined;
  return oldRecord({
    id: `b:${userId}`,
    kind: 'adjustment',
    startedAt: new Date(0),
    tokens: rest,
    cost: { picoUsd, basis: 'override' },
    attribution: { userId },
  });
}
