import type { UsageTotals } from '@kilotoken/core';
import type { Collections } from '../driver/collections.ts';
import { documentFilter } from '../driver/app-documents.ts';
import type { DocumentMapping } from '../driver/app-documents.ts';
import { encodeText } from '../ledger/text.ts';
import { wholeNumber } from '../ledger/whole-number.ts';
import { keptTotals } from '../users/kept-totals.ts';
import type { KeptSums } from '../users/kept-totals.ts';
import type { UserLayout } from '../users/user-fields.ts';

type Users = DocumentMapping & { readonly layout: UserLayout };

/** All-time totals of a user from its document, in one read; nothing where it keeps none (yet). */
export async function readKeptTotals(
  userId: string,
  { users: collection }: Collections,
  users: Users,
): Promise<UsageTotals | undefined> {
  const { guard } = users.layout;
  const kept = await readGuard(userId, collection, users, [`${guard}.rev`, `${guard}.k`, `${guard}.x`, `${guard}.s`]);
  return kept?.rev === undefined ? undefined : keptTotals(kept);
}

/** The count of counted records of a user, from its document. */
export async function readKeptRev(
  userId: string,
  { users: collection }: Collections,
  users: Users,
): Promise<number | undefined> {
  const kept = await readGuard(userId, collection, users, [`${users.layout.guard}.rev`]);
  return kept?.rev === undefined ? undefined : Number(wholeNumber(kept.rev));
}

async function readGuard(
  userId: string,
  collection: Collections['users'],
  users: Users,
  fields: readonly string[],
): Promise<KeptSums | undefined> {
  const filter = documentFilter(encodeText(userId), users);
  if (filter === undefined) return undefined;
  const projection = Object.fromEntries(fields.map((field) => [field, 1]));
  const document = await collection.findOne(filter, { projection });
  return document?.[users.layout.guard] as KeptSums | undefined;
}
