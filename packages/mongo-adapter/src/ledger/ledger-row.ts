// oxlint-disable typescript/no-unsafe-type-assertion -- a row holds what `ledgerRow` wrote
import type { Attribution, Cost, TokenUsage, UsageRecord } from '@kilotoken/core';
import { isUnpriced, withoutUndefined } from '@kilotoken/core/store-kit';
import type { StorableRecord } from '@kilotoken/core/store-kit';
import { decodeText, encodeText } from './text.ts';
import { tokenNames } from './token-names.ts';
import type { StoredTokens } from './token-names.ts';

/** Length of a roll-up slot: every time zone's midnight lies on such a border. */
export const slotMs = 15 * 60_000;

/** Where the slot of an instant begins, both in epoch milliseconds. */
export function slotOf(instant: number): number {
  return Math.floor(instant / slotMs) * slotMs;
}

/** Which counters of its user a row raises. Decided once, when the row is made, so that every sum over rows agrees. */
export interface CallMarks {
  /** First record of its call for this user. */
  readonly isFirst: boolean;
  /** First record of its call and origin for this user. */
  readonly isFirstOfOrigin: boolean;
  /** First record of its call for this user that has tokens and no price. */
  readonly isFirstUnpriced: boolean;
  /** Another attempt or a correction: other records of the call exist, or may exist. */
  readonly isRepeat: boolean;
}

/** One record as a document of the ledger. Names are short because they are stored a million times. */
export interface LedgerRow extends StoredTokens {
  /** Id of the record. */
  readonly _id: string;
  readonly v: 1;
  /** Writer, and the number of this row among its rows. */
  readonly w: string;
  readonly n: bigint;
  /** When it was handed to the database, by the writer's clock; never goes back within a writer. */
  readonly i: Date;
  /** Start of the call, and of the slot it lies in. */
  readonly t: Date;
  readonly q: Date;
  /** End of the call, first chunk. */
  readonly e: Date;
  readonly fc?: Date;
  readonly cid: string;
  readonly a: bigint;
  /** Bits of {@link CallMarks}: 1 first, 2 first of origin, 4 first unpriced. */
  readonly f: number;
  readonly rp?: true;
  /** An adjustment. */
  readonly kd?: 'a';
  readonly p: string;
  readonly op: string;
  /** Model that answered, else the one asked for; then both as they were. */
  readonly m?: string;
  readonly rm?: string;
  readonly sm?: string;
  readonly st?: string;
  readonly ri?: string;
  readonly rq?: string;
  readonly s: boolean;
  readonly oc: string;
  readonly o: string;
  /** Cost in pico-USD, its basis, the card's opinion, card, price version; tokens without a price. */
  readonly c?: bigint;
  readonly cb: string;
  readonly cc?: bigint;
  readonly ci?: string;
  readonly pv?: string;
  readonly x?: true;
  readonly u?: string;
  readonly tn?: string;
  readonly cv?: string;
  readonly mid?: string;
  readonly g?: readonly { readonly k: string; readonly v: string }[];
  /** The usage object as sent, as JSON: its keys may be anything, also what a document cannot have. */
  readonly raw?: string;
}

/** Makes the row of a checked record. */
export function ledgerRow(
  { fields, rawUsageJson }: StorableRecord,
  place: { readonly writer: string; readonly n: bigint; readonly insertedAt: Date },
  marks: CallMarks,
): LedgerRow {
  const { attribution, cost } = fields;
  const model = fields.responseModel ?? fields.requestModel;
  return withoutUndefined<LedgerRow>({
    _id: encodeText(fields.id),
    v: 1,
    w: place.writer,
    n: place.n,
    i: place.insertedAt,
    t: fields.startedAt,
    q: new Date(slotOf(fields.startedAt.getTime())),
    e: fields.endedAt,
    fc: fields.firstChunkAt,
    cid: encodeText(fields.callId),
    a: BigInt(fields.attempt),
    f: (marks.isFirst ? 1 : 0) + (marks.isFirstOfOrigin ? 2 : 0) + (marks.isFirstUnpriced ? 4 : 0),
    rp: marks.isRepeat ? true : undefined,
    kd: fields.kind === 'adjustment' ? 'a' : undefined,
    p: encodeText(fields.provider),
    op: encodeText(fields.operation),
    m: optionalText(model),
    rm: optionalText(fields.requestModel),
    sm: optionalText(fields.responseModel),
    st: optionalText(fields.serviceTier),
    ri: optionalText(fields.responseId),
    rq: optionalText(fields.requestId),
    s: fields.streamed,
    oc: encodeText(fields.outcome),
    o: encodeText(fields.origin),
    ...storedTokens(fields.tokens),
    c: optionalInteger(cost.picoUsd),
    cb: encodeText(cost.basis),
    cc: optionalInteger(cost.computedPicoUsd),
    ci: optionalText(cost.cardId),
    pv: optionalText(cost.priceVersion),
    x: isUnpriced(fields) ? true : undefined,
    u: optionalText(attribution.userId),
    tn: optionalText(attribution.tenantId),
    cv: optionalText(attribution.conversationId),
    mid: optionalText(attribution.messageId),
    g:
      attribution.tags === undefined
        ? undefined
        : Object.entries(attribution.tags).map(([key, value]) => ({ k: encodeText(key), v: encodeText(value) })),
    raw: rawUsageJson === undefined ? undefined : encodeText(rawUsageJson),
  });
}

/** The record of a row, exactly as it was handed in. */
export function rowRecord(row: LedgerRow): UsageRecord {
  const tokens: Record<string, number> = {};
  for (const [field, name] of tokenNames) {
    const value = row[name];
    if (value !== undefined) tokens[field] = Number(value);
  }
  return withoutUndefined<UsageRecord>({
    v: 1,
    kind: row.kd === 'a' ? 'adjustment' : 'usage',
    id: decodeText(row._id),
    callId: decodeText(row.cid),
    attempt: Number(row.a),
    startedAt: row.t,
    firstChunkAt: row.fc,
    endedAt: row.e,
    provider: decodeText(row.p),
    operation: decodeText(row.op) as UsageRecord['operation'],
    requestModel: storedText(row.rm),
    responseModel: storedText(row.sm),
    serviceTier: storedText(row.st),
    responseId: storedText(row.ri),
    requestId: storedText(row.rq),
    streamed: row.s,
    outcome: decodeText(row.oc) as UsageRecord['outcome'],
    origin: decodeText(row.o) as UsageRecord['origin'],
    tokens,
    cost: withoutUndefined<Cost>({
      picoUsd: storedInteger(row.c),
      basis: decodeText(row.cb) as Cost['basis'],
      computedPicoUsd: storedInteger(row.cc),
      cardId: storedText(row.ci),
      priceVersion: storedText(row.pv),
    }),
    attribution: withoutUndefined<Attribution>({
      userId: storedText(row.u),
      tenantId: storedText(row.tn),
      conversationId: storedText(row.cv),
      messageId: storedText(row.mid),
      tags:
        row.g === undefined
          ? undefined
          : Object.fromEntries(row.g.map(({ k, v }) => [decodeText(k), decodeText(v)] as const)),
    }),
    rawUsage: row.raw === undefined ? undefined : (JSON.parse(decodeText(row.raw)) as unknown),
  });
}

/** Counts under their short names. Always 64-bit: a plain number would be stored as a float beyond 2^31. */
function storedTokens(tokens: TokenUsage): StoredTokens {
  const stored: Record<string, bigint | number> = {};
  for (const [field, name] of tokenNames) {
    const value = tokens[field];
    if (value !== undefined) stored[name] = name === 'as' ? value : BigInt(value);
  }
  return stored;
}

function optionalText(value: string | undefined): string | undefined {
  return value === undefined ? undefined : encodeText(value);
}

function storedText(value: string | undefined): string | undefined {
  return value === undefined ? undefined : decodeText(value);
}

function optionalInteger(value: number | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(value);
}

function storedInteger(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}
