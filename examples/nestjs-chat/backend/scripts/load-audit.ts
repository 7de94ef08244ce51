import { setTimeout as sleep } from 'node:timers/promises';
import type { FakeProvider, ProviderRequest } from '@kilotoken/core/testing';
import type { UsageRecord } from '@kilotoken/core';
import { mongoStore, type MongoStore } from '@kilotoken/mongo-adapter';
import { type Db, MongoClient, ObjectId } from 'mongodb';
import type { LoadReply } from './load-user.ts';

const byId = { id: (text: string): ObjectId => new ObjectId(text) };

/** What a load run left behind. */
export interface LoadResult {
  readonly mongoUri: string;
  readonly provider: FakeProvider;
  readonly replies: readonly LoadReply[];
  readonly say: (line: string) => void;
}

/**
 * Compares provider, ledger, totals, messages and what users were shown, and prints the figures.
 *
 * @returns false where something is lost or doubled.
 */
export async function audit({ mongoUri, provider, replies, say }: LoadResult): Promise<boolean> {
  const client = await new MongoClient(mongoUri).connect();
  const db = client.db();
  const store = mongoStore({ db, maintenance: false, users: byId, messages: byId });
  try {
    const settledMs = await settle(store);
    const records = await all(store.records({}));
    const calls = provider.requests.filter(({ generatedUsage }) => generatedUsage !== undefined);
    const recorded = new Map(records.map((record) => [record.responseId, record]));
    const missing = calls.filter((call) => !recorded.has(responseId(call)));
    const broken = new Set(replies.filter(({ isDone }) => isDone !== true).map(({ question }) => question));
    const inLedger = sum(records.map(({ tokens }) => tokens.totalTokens));
    const inTotals = await sumOf(db, 'users', 'totalTokensUsed');
    const onMessages = await sumOf(db, 'messages', 'totalTokens');
    const missingTokens = sum(missing.map(totalOf));

    const unanswered = replies.filter(({ text }) => text === undefined).length;
    say(
      `replies: ${replies.length}, ${broken.size - unanswered} of them broken off by the kill, ${unanswered} not begun`,
    );
    say(`settled in ${settledMs} ms`);
    say(`provider:  ${calls.length} calls, ${provider.generated.tokens.totalTokens} tokens`);
    say(`ledger:    ${records.length} records, ${inLedger} tokens`);
    say(`totals:    ${inTotals} tokens`);
    say(`messages:  ${onMessages} tokens`);
    say(`not seen to their end: ${missing.length} calls, ${missingTokens} tokens`);
    for (const call of missing) say(`  ${responseId(call)}: "${questionOf(call)}", ${totalOf(call)} tokens`);

    const findings: readonly (readonly [string, boolean])[] = [
      ['each call is recorded at most once', recorded.size === records.length],
      ['every record is of a call the provider answered', records.length + missing.length === calls.length],
      ['records have the tokens the provider counted', calls.every((call) => agrees(call, recorded))],
      ['totals of users equal the ledger', inTotals === inLedger && (await areUsersRight(store))],
      ['messages equal the ledger', onMessages === inLedger],
      [
        'provider exceeds the ledger by the calls listed',
        provider.generated.tokens.totalTokens === inLedger + missingTokens,
      ],
      ['only replies broken off by the kill are missing', missing.every((call) => broken.has(questionOf(call)))],
      ['what users were shown is recorded', areShownRecorded(replies, calls, recorded)],
    ];
    for (const [finding, isTrue] of findings) say(`${isTrue ? 'yes' : 'NO '}  ${finding}`);
    return findings.every(([, isTrue]) => isTrue);
  } finally {
    await store.close();
    await client.close();
  }
}

/** Waits until nothing of a dead process is left to count: its lease of 30 seconds has to run out. */
async function settle(store: MongoStore): Promise<number> {
  const startedAt = Date.now();
  /* oxlint-disable no-await-in-loop -- until it is right */
  while (!(await areUsersRight(store)) && Date.now() - startedAt < 90_000) {
    await sleep(500);
    await store.recover();
  }
  /* oxlint-enable no-await-in-loop */
  return Date.now() - startedAt;
}

async function areUsersRight(store: MongoStore): Promise<boolean> {
  for await (const verdict of store.verify()) if (verdict.state !== 'right' || verdict.pendingRecords > 0) return false;
  return true;
}

function agrees(call: ProviderRequest, recorded: ReadonlyMap<string | undefined, UsageRecord>): boolean {
  const record = recorded.get(responseId(call));
  return record === undefined || record.tokens.totalTokens === totalOf(call);
}

function areShownRecorded(
  replies: readonly LoadReply[],
  calls: readonly ProviderRequest[],
  recorded: ReadonlyMap<string | undefined, UsageRecord>,
): boolean {
  const callOf = new Map(calls.map((call) => [questionOf(call), call]));
  return replies.every(({ question, tokens }) => {
    const call = callOf.get(question);
    return (
      tokens === undefined || (call !== undefined && recorded.get(responseId(call))?.tokens.totalTokens === tokens)
    );
  });
}

async function sumOf(db: Db, collection: string, field: string): Promise<number> {
  const [row] = await db
    .collection(collection)
    .aggregate([{ $group: { _id: null, sum: { $sum: `$${field}` } } }])
    .toArray();
  return Number(row?.['sum'] ?? 0);
}

function responseId({ sequence }: ProviderRequest): string {
  return `chatcmpl-${sequence}`;
}

function totalOf({ generatedUsage }: ProviderRequest): number {
  return Number(generatedUsage?.['total_tokens'] ?? 0);
}

function questionOf({ body }: ProviderRequest): string {
  const messages = (body?.['messages'] ?? []) as readonly { readonly content: string }[];
  return messages.at(-1)?.content ?? '';
}

function sum(numbers: readonly (number | undefined)[]): number {
  return numbers.reduce<number>((total, number = 0) => total + number, 0);
}

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const list: Value[] = [];
  for await (const value of values) list.push(value);
  return list;
}
