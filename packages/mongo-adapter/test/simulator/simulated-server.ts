import type { LedgerRow } from '../../src/ledger/ledger-row.ts';
import type { MessageSums, UserFold, WriterState } from '../../src/fold/usage-database.ts';
import type { StoredTokens } from '../../src/ledger/token-names.ts';
import { sumRows, wholeOf } from '../../src/ledger/row-sums.ts';
import { rowsBy } from '../../src/ledger/rows-by.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Ways to get it wrong, which the simulator must notice. */
export const knownBad = [
  'bare-increment',
  'less-than-guard',
  'write-concern-1',
  'early-guard-removal',
  'incremented-messages',
  'unordered-batch',
  'batch-over-shards',
  'first-message-unchecked',
] as const;

/** One of them. */
export type KnownBad = (typeof knownBad)[number];

/** A user document. */
export interface UserState {
  readonly records: bigint;
  readonly calls: bigint;
  readonly totalTokens: bigint;
  readonly guards: ReadonlyMap<string, bigint>;
}

/** A message document. */
export interface MessageState {
  readonly totalTokens: bigint;
  readonly records: bigint | undefined;
}

interface State {
  ledger: Map<string, LedgerRow>;
  users: Map<string, UserState>;
  messages: Map<string, MessageState>;
  writers: Map<string, WriterState>;
}

type Change = (state: State) => void;

/**
 * A replica set seen from its primary: what it has executed, what a majority has, and what is between the two, which a
 * failover loses. Each document changes in one step, a command of many documents in many.
 */
export interface SimulatedServer {
  readonly executed: Readonly<State>;
  readonly durable: Readonly<State>;
  /** Documents changed so far; what `isDurable` and `isLost` are asked about. */
  position(): number;
  isDurable(position: number): boolean;
  isLost(position: number): boolean;
  /** Lets a majority have some more of what is executed; true while there is more. */
  replicate(count: number): boolean;
  /** From now on a majority has everything as soon as it is executed. */
  replicateAtOnce(): void;
  /** The primary is gone with what it alone had. */
  failOver(): void;
  insert(row: LedgerRow): 'inserted' | 'duplicate';
  fold(fold: UserFold): boolean;
  setMessage(sums: MessageSums): boolean;
  /** Sets a message that shows nothing yet. */
  setFirst(sums: MessageSums): boolean;
  /** True where a command of several collections goes on after a duplicate. */
  readonly goesOnAfterFailure: boolean;
  putUser(id: string): void;
  putMessage(id: string): void;
  dropGuard(user: string, writer: string): void;
  putWriter(writer: WriterState): void;
}

const emptyState = (): State => ({ ledger: new Map(), users: new Map(), messages: new Map(), writers: new Map() });

/** Makes an empty server. */
export function simulatedServer(bad: KnownBad | undefined, random: SeededRandom, onWrite: () => void): SimulatedServer {
  let executed = emptyState();
  const durable = emptyState();
  let waiting: { readonly collection: keyof State; readonly change: Change }[] = [];
  let position = 0;
  let isQuick = false;
  const lost: [number, number][] = [];

  const write = (collection: keyof State, change: Change): void => {
    position += 1;
    change(executed);
    if (isQuick) change(durable);
    else waiting.push({ collection, change });
    onWrite();
  };
  /** After-images are written, as in a log: applying one elsewhere gives the same document. */
  const put = <C extends keyof State>(
    collection: C,
    id: string,
    value: State[C] extends Map<string, infer V> ? V : never,
  ) => write(collection, (state) => void (state[collection] as Map<string, unknown>).set(id, value));

  return {
    get executed() {
      return executed;
    },
    durable,
    position: () => position,
    isDurable: (place) => bad === 'write-concern-1' || place <= position - waiting.length,
    isLost: (place) => lost.some(([from, to]) => place > from && place <= to),
    replicate(count) {
      for (const { change } of waiting.splice(0, count)) change(durable);
      return waiting.length > 0;
    },
    replicateAtOnce() {
      for (const { change } of waiting.splice(0)) change(durable);
      isQuick = true;
    },
    failOver() {
      if (waiting.length > 0) lost.push([position - waiting.length, position]);
      // Users on another shard than the ledger: that one does not fail, and keeps what was counted.
      if (bad === 'batch-over-shards')
        for (const { change, collection } of waiting) if (collection === 'users') change(durable);
      waiting = [];
      executed = {
        ledger: new Map(durable.ledger),
        users: new Map(durable.users),
        messages: new Map(durable.messages),
        writers: new Map(durable.writers),
      };
    },
    insert(row) {
      if (executed.ledger.has(row._id)) return 'duplicate';
      put('ledger', row._id, row);
      return 'inserted';
    },
    fold({ user, writer, from, to, sums }) {
      const state = executed.users.get(user);
      if (state === undefined) return false;
      const guard = state.guards.get(writer);
      const fits =
        bad === 'bare-increment' || (bad === 'less-than-guard' ? guard === undefined || guard < to : guard === from);
      if (!fits) return false;
      const guards = new Map(state.guards).set(writer, to);
      if (bad === 'early-guard-removal' && random.onceIn(3)) guards.delete(writer);
      put('users', user, {
        records: state.records + sums.records,
        calls: state.calls + sums.calls,
        totalTokens: state.totalTokens + (wholeOf(sums.byOrigin.values()).tokens.tt ?? 0n),
        guards,
      });
      return true;
    },
    setMessage({ message, records, tokens }) {
      const state = executed.messages.get(message);
      if (state === undefined) return false;
      const total = tokens.tt ?? 0n;
      if (bad === 'incremented-messages') {
        put('messages', message, { totalTokens: state.totalTokens + total, records: undefined });
        return true;
      }
      if (records === 1n ? state.records !== undefined : (state.records ?? 0n) >= records) return false;
      put('messages', message, { totalTokens: total, records: records === 1n ? undefined : records });
      return true;
    },
    setFirst({ message, records, tokens }) {
      const state = executed.messages.get(message);
      const isFirst = state?.totalTokens === 0n && state.records === undefined;
      if (state === undefined || (!isFirst && bad !== 'first-message-unchecked' && bad !== 'incremented-messages')) {
        return false;
      }
      const before = bad === 'incremented-messages' ? state.totalTokens : 0n;
      const total = before + (tokens.tt ?? 0n);
      put('messages', message, { totalTokens: total, records: records === 1n ? undefined : records });
      return true;
    },
    goesOnAfterFailure: bad === 'unordered-batch',
    putUser: (id) => put('users', id, { records: 0n, calls: 0n, totalTokens: 0n, guards: new Map<string, bigint>() }),
    putMessage: (id) => put('messages', id, { totalTokens: 0n, records: undefined }),
    dropGuard(user, writer) {
      const state = executed.users.get(user);
      if (state === undefined || !state.guards.has(writer)) return;
      const guards = new Map(state.guards);
      guards.delete(writer);
      put('users', user, { ...state, guards });
    },
    putWriter: (writer) => put('writers', writer.id, writer),
  };
}

/** Sums of the rows of messages, as the aggregation gives them. */
export function messageSumsOf(rows: Iterable<LedgerRow>, messages: readonly string[]): MessageSums[] {
  const groups = rowsBy([...rows], 'mid');
  return messages.flatMap((message) => {
    const own = groups.get(message);
    if (own === undefined) return [];
    const whole: { tokens: StoredTokens; picoUsd: bigint } = wholeOf(sumRows(own).byOrigin.values());
    return [{ message, records: BigInt(own.length), ...whole }];
  });
}
