import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fakeProvider } from '@kilotoken/core/testing';
import type { FakeProvider, ProviderRequest } from '@kilotoken/core/testing';
import type { createMeter, memoryStore, UsageRecord } from '@kilotoken/core';
import type { DropInCheck } from './drop-in-check.ts';
import type { Host } from './host.ts';
import type { SdkUnderTest } from './sdk-under-test.ts';

/** The meter to test: that of the source, of a built package, or a broken copy. */
export interface MeterUnderTest {
  readonly createMeter: typeof createMeter;
  readonly memoryStore: typeof memoryStore;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** How long a check may take, and a record may be late. */
const patienceMs = Number(process.env['KILOTOKEN_PATIENCE_MS'] ?? 20_000);

/** Whether this version of the SDK has what a check uses. */
export function applies(check: DropInCheck, under: SdkUnderTest): boolean {
  if (check.needs === undefined) return true;
  const client = new under.sdk.OpenAI({ apiKey: 'test' });
  return Boolean(check.needs(client, under.major, under.version));
}

/**
 * Runs a check with a bare and with a metered client, each against a provider of its own, and throws where the host
 * could tell the two apart, where the wire differs by more than what was asked for, or where the records are not right.
 */
export async function runCheck(check: DropInCheck, under: SdkUnderTest, kilotoken: MeterUnderTest): Promise<void> {
  await using bareProvider = await fakeProvider(providerOptions(check));
  await using meteredProvider = await fakeProvider(providerOptions(check));
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', onRejection);
  const faults: unknown[] = [];
  const store = kilotoken.memoryStore();
  const meter = kilotoken.createMeter({ store, onError: (error) => faults.push(error) });
  try {
    const bare = await inTime(check.see(hostOf(under, bareProvider, (client) => client)), 'the bare client');
    const metered = await inTime(check.see(hostOf(under, meteredProvider, meter.wrap)), 'the metered client');
    assert.deepEqual(metered, bare, 'the host sees what it sees with a bare client');
    assert.deepEqual(meteredProvider.errors, bareProvider.errors, 'the provider is used in the same way');
    if (check.hasOwnWire !== true) compareWire(meteredProvider, bareProvider);

    const expected = typeof check.records === 'function' ? check.records(under) : check.records;
    const records = await recordsOf(expected.length, expected.join().includes('unread'));
    const seen = records.map(({ operation, outcome, origin }) => `${operation} ${outcome} ${origin}`);
    assert.deepEqual(seen, expected, 'one record per attempt');
    checkCalls(records);
    checkCounts(records);
    if (check.hasHiddenUsage !== true) {
      const reported = records.filter(({ origin }) => origin === 'reported' || origin === 'drained');
      assert.deepEqual(sumOf(reported), meteredProvider.reported.tokens, 'the sum is what the provider told');
    }
    // A rejection nobody handles is told after the microtasks of this turn.
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual({ rejections, faults }, { rejections: [], faults: [] });
  } finally {
    process.off('unhandledRejection', onRejection);
    await meter.close();
  }

  async function recordsOf(count: number, isUnread: boolean): Promise<UsageRecord[]> {
    const deadline = Date.now() + patienceMs;
    // Each is written when its attempt ends, which may be a moment after the host has gone on.
    while (Date.now() < deadline) {
      const { captured, pending } = meter.stats();
      if (captured >= count && pending === 0) break;
      // An answer nobody reads ends when it is collected. Collecting takes the time a grace read has, so only then.
      if (isUnread && captured < count) collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await meter.flush();
    const records: UsageRecord[] = [];
    for await (const record of store.records({})) records.push(record);
    return records.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }
}

function providerOptions(check: DropInCheck): Parameters<typeof fakeProvider>[0] {
  return { clock: () => new Date('2026-11-22T10:00:00Z'), ...check.provider?.() };
}

function hostOf(under: SdkUnderTest, provider: FakeProvider, wrap: Host['wrap']): Host {
  const { OpenAI } = under.sdk;
  const create: Host['create'] = (options) =>
    wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: 0, ...options }));
  return { under, provider, openai: create(), create, wrap };
}

async function inTime<Value>(work: Promise<Value>, who: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${who} hangs`)), patienceMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The same requests, but for what asking for usage put into them. */
function compareWire(metered: FakeProvider, bare: FakeProvider): void {
  assert.deepEqual(metered.requests.map(wireView), bare.requests.map(wireView), 'the wire is that of a bare client');
  for (const { headers, bodyBytes } of metered.requests) {
    const length = headers['content-length'];
    if (length !== undefined) assert.equal(Number(length), bodyBytes.length, 'content-length is that of the body');
  }
}

function wireView(request: ProviderRequest): unknown {
  const { host: _, 'content-length': length, 'content-type': type = '', ...headers } = request.headers;
  const isMultipart = type.startsWith('multipart/');
  return {
    method: request.method,
    path: request.path,
    query: request.query.toString(),
    headers: { ...headers, type: isMultipart ? 'multipart' : type, hasLength: length !== undefined },
    body: isMultipart ? undefined : withoutAsking(request),
  };
}

/** The body's text without the one addition metering makes, which only a chat or completions stream may have. */
function withoutAsking({ bodyText, body, path }: ProviderRequest): string {
  if (!path.endsWith('/completions') || body?.['stream'] !== true) return bodyText;
  return bodyText.replace(',"stream_options":{"include_usage":true}', '');
}

/** Attempts of a call are numbered from 1, and at most one of them carries what the provider reported. */
function checkCalls(records: readonly UsageRecord[]): void {
  for (const id of new Set(records.map(({ callId }) => callId))) {
    const attempts = records.filter(({ callId }) => callId === id);
    assert.deepEqual(
      attempts.map(({ attempt }) => attempt),
      attempts.map((_, index) => index + 1),
    );
    const withUsage = attempts.filter(({ origin }) => origin === 'reported' || origin === 'drained');
    assert.ok(withUsage.length <= 1, 'at most one attempt of a call carries reported usage');
  }
}

/** Whatever was on the wire, a count is a whole number from 0, or absent. */
function checkCounts(records: readonly UsageRecord[]): void {
  for (const { tokens } of records) {
    for (const [name, count] of Object.entries(tokens)) {
      assert.ok(Number.isFinite(count) && count >= 0, `${name} is a count: ${count}`);
      if (name !== 'audioSeconds') assert.ok(Number.isSafeInteger(count), `${name} is a whole number: ${count}`);
    }
  }
}

function sumOf(records: readonly UsageRecord[]): FakeProvider['reported']['tokens'] {
  const sum = (name: 'inputTokens' | 'outputTokens' | 'totalTokens'): number =>
    records.reduce((total, { tokens }) => total + (tokens[name] ?? 0), 0);
  return { inputTokens: sum('inputTokens'), outputTokens: sum('outputTokens'), totalTokens: sum('totalTokens') };
}
