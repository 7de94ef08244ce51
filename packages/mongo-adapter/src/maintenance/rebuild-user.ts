import { MeterError } from '@kilotoken/core';
import type { Document, Filter } from 'mongodb';
import { setAtPath } from '../documents/set-at-path.ts';
import { documentFilter } from '../driver/app-documents.ts';
import type { Collections } from '../driver/collections.ts';
import { decodeText } from '../ledger/text.ts';
import { userIncrements } from '../users/user-increments.ts';
import { readUsage } from '../users/user-usage.ts';
import type { KeptSums } from '../users/kept-totals.ts';
import { checkTotals } from './unreadable-total.ts';
import { figuresOf, findUser, keptFigures, sumUser, writersOfUser } from './user-ledger.ts';
import type { UserFigures, UserMapping } from './user-ledger.ts';

const maxAttempts = 20;

/**
 * Sets the totals of a user to what the ledger has, guarded by all its guard entries at once: whatever is counted
 * meanwhile makes it start again. Resolves with false where there is no document.
 */
export async function rebuildUser(
  user: string,
  collections: Collections,
  users: UserMapping,
  { keepBalance = false } = {},
): Promise<boolean> {
  const { guard, fields } = users.layout;
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    // The document first: a row that comes in afterwards is above the guards that are set here.
    // oxlint-disable-next-line no-await-in-loop -- the next attempt is only for when this one was overtaken
    const document = await findUser(user, collections, users);
    const filter = documentFilter(user, users);
    if (document === undefined || filter === undefined) return false;
    // oxlint-disable-next-line no-await-in-loop -- see above
    const writers = await writersOfUser(user, collections);
    // oxlint-disable-next-line no-await-in-loop -- see above
    const sums = await sumUser(user, new Map(writers.map(({ writer, lastN }) => [writer, lastN])), collections);
    const before: unknown = document[guard]?.w;
    const set: Record<string, unknown> = {};
    const figures = figuresOf(sums);
    const balance = keepBalance ? balanceOf(document, users) : undefined;
    for (const [path, value] of Object.entries(userIncrements(sums, users.layout))) {
      if (path.startsWith(`${guard}.`)) set[path] = value;
    }
    for (const figure of Object.keys(figures) as (keyof UserFigures)[]) {
      const name = fields[figure];
      if (name !== false) set[name] = figures[figure] + (balance?.[figure] ?? 0n);
    }
    const guards = Object.fromEntries(
      writers.filter(({ isRetired }) => !isRetired).map(({ writer, lastN }) => [writer, lastN]),
    );
    const kept = nestedUnder(`${guard}.`, set);
    const match: Filter<Document> = { ...filter, [`${guard}.w`]: before === undefined ? { $exists: false } : before };
    // oxlint-disable-next-line no-await-in-loop -- see above
    const result = await collections.users.updateOne(match, {
      $set: {
        ...Object.fromEntries(Object.entries(set).filter(([path]) => !path.startsWith(`${guard}.`))),
        [guard]: { ...kept, w: guards },
      },
    });
    if (result.matchedCount > 0) return true;
  }
  throw new MeterError(
    'store_failed',
    `mongoStore: user "${decodeText(user)}" kept receiving usage while its totals were rebuilt; try again`,
  );
}

/** What the totals of a document have beyond its own counted sums. */
function balanceOf(document: Document, { layout }: UserMapping): UserFigures {
  checkTotals(document, layout);
  const shown = readUsage(document, { fields: layout.fields, guard: layout.guard });
  const kept = keptFigures((document[layout.guard] ?? {}) as KeptSums);
  return {
    totalTokens: shown.totalTokens - kept.totalTokens,
    inputTokens: shown.inputTokens - kept.inputTokens,
    outputTokens: shown.outputTokens - kept.outputTokens,
    picoUsd: shown.picoUsd - kept.picoUsd,
  };
}

/** Paths below a prefix as an object of objects. */
function nestedUnder(prefix: string, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(values)) {
    if (!path.startsWith(prefix)) continue;
    setAtPath(result, path.slice(prefix.length), value);
  }
  return result;
}
