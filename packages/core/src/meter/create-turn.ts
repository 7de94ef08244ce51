import type { AsyncTurn } from '../attribution/async-turn.ts';
import { withTurnHeader } from '../attribution/turn-headers.ts';
import type { TurnLedger } from '../attribution/turn-ledger.ts';
import type { RegisteredTurn } from '../attribution/turn-registry.ts';
import type { Turn, TurnCost, TurnStored, TurnUsage } from '../meter.ts';
import type { UsageRecord } from '../recording/usage-record.ts';
import { addTokens } from '../storage/usage-sums.ts';
import type { TokenSums } from '../storage/usage-sums.ts';
import { timeoutOf } from '../timer-limit.ts';
import { wrongField } from '../wrong-option.ts';

/** What a turn needs of its meter. */
export interface TurnParts {
  readonly header: string;
  readonly turn: RegisteredTurn<TurnLedger<UsageRecord>>;
  readonly asyncTurn: AsyncTurn<RegisteredTurn<TurnLedger<UsageRecord>>>;
  /** Resolves when these records are stored or refused for good, or at the deadline. */
  readonly whenStored: (ids: readonly string[], timeoutMs: number) => Promise<TurnStored>;
}

const defaultTimeoutMs = 5000;

/** Joins one turn's header, its calls and the recorder. */
export function createTurn({ header, turn, asyncTurn, whenStored }: TurnParts): Turn {
  const { handle, ledger } = turn;
  return {
    options: { headers: { [header]: handle } },
    with: (options) => withTurnHeader(options ?? {}, header, handle) as never,
    run(work) {
      if (typeof work !== 'function') throw wrongField('turn.run', 'a function that does the work', work);
      return asyncTurn.run(turn, work);
    },
    async usage(wait) {
      const complete = await ledger.whenIdle(timeoutOf(wait, defaultTimeoutMs));
      return turnUsage(ledger.records(), complete);
    },
    async stored(wait) {
      const timeoutMs = timeoutOf(wait, defaultTimeoutMs);
      const deadline = performance.now() + timeoutMs;
      await ledger.whenIdle(timeoutMs);
      const ids = ledger.records().map((record) => record.id);
      const { stored, pending } = await whenStored(ids, Math.max(0, deadline - performance.now()));
      return { stored, pending: pending + ledger.openCount() };
    },
  };
}

function turnUsage(records: readonly UsageRecord[], complete: boolean): TurnUsage {
  const cost = costOf(records);
  const tokens: TokenSums = {};
  for (const record of records) addTokens(tokens, record.tokens);
  return {
    calls: new Set(records.map((record) => record.callId)).size,
    tokens,
    ...(cost === undefined ? {} : { cost }),
    records,
    complete,
  };
}

function costOf(records: readonly UsageRecord[]): TurnCost | undefined {
  const priced = records.filter((record) => record.cost.picoUsd !== undefined);
  if (priced.length === 0) return undefined;
  const unpriced = records.filter(
    (record) => record.cost.picoUsd === undefined && Object.keys(record.tokens).length > 0,
  );
  return {
    picoUsd: priced.reduce((sum, record) => sum + (record.cost.picoUsd ?? 0), 0),
    unpricedCalls: new Set(unpriced.map((record) => record.callId)).size,
  };
}
