import type { Pace } from '../../src/fold/pace.ts';
import type { UsageDatabase } from '../../src/fold/usage-database.ts';
import type { LedgerRow } from '../../src/ledger/ledger-row.ts';
import { messageSumsOf } from './simulated-server.ts';
import type { SimulatedServer } from './simulated-server.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What the network and the machines may do. All off: everything goes well, and quickly. */
export interface Weather {
  /** True while commands and answers get lost. */
  isBad: boolean;
}

/** One process of the app: it may crash, or stand still for a while. */
export interface SimulatedProcess {
  readonly database: UsageDatabase;
  readonly pace: Pace;
  crash(): void;
  pause(forMs: number): void;
  readonly isCrashed: boolean;
}

/** Milliseconds since 1970 at which the simulation starts. */
export const epochMs = Date.parse('2026-11-22T10:00:00Z');

/** Makes a process whose database commands cross a network of this weather. */
export function simulatedProcess(world: {
  readonly server: SimulatedServer;
  /** The server takes a whole batch in one command. */
  readonly storesBatches: boolean;
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly weather: Weather;
}): SimulatedProcess {
  const { server, storesBatches, time, random, weather } = world;
  let isCrashed = false;
  let pausedUntil = 0;

  /** Continues in the process: not while it stands still, and never once it has crashed. */
  const inProcess = (delayMs: number, work: () => void): void =>
    time.after(delayMs, () => {
      if (isCrashed) return;
      if (time.now() < pausedUntil) inProcess(pausedUntil - time.now(), work);
      else work();
    });

  /** Answers once a majority has what the command wrote; a failover on the way leaves the caller in the dark. */
  const whenDurable = (position: number, answer: () => void, fail: (error: Error) => void): void => {
    if (server.isLost(position)) fail(new Error('primary stepped down'));
    else if (server.isDurable(position)) answer();
    else time.after(2, () => whenDurable(position, answer, fail));
  };

  const send = <T>(steps: () => (() => void)[], result: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      const fail = (error: Error): void => inProcess(random.below(5), () => reject(error));
      const execute = (onDone: () => void, upTo = Infinity): void => {
        for (const [index, step] of steps().entries()) if (index < upTo) step();
        onDone();
      };
      const goWell = (): void =>
        time.after(1 + random.below(8), () =>
          execute(() => {
            const value = result();
            whenDurable(server.position(), () => inProcess(random.below(8), () => resolve(value)), fail);
          }),
        );
      const trouble = weather.isBad ? random.below(24) : 24;
      const late = 200 + random.below(60_000);
      if (trouble === 0) fail(new Error('connection refused'));
      else if (trouble === 1) time.after(random.below(8), () => execute(() => fail(new Error('connection reset'))));
      else if (trouble === 2) {
        fail(new Error('timed out'));
        time.after(late, () => execute(() => {}));
      } else if (trouble === 3) {
        const reach = random.onceIn(2) ? 4 : 16;
        time.after(random.below(8), () => execute(() => fail(new Error('interrupted')), random.below(reach)));
      } else if (trouble === 4) {
        goWell();
        time.after(late, () => execute(() => {}));
      } else goWell();
    });
  const read = <T>(query: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      if (weather.isBad && random.onceIn(15)) inProcess(random.below(8), () => reject(new Error('connection reset')));
      else
        time.after(random.below(8), () => {
          const value = query();
          inProcess(random.below(8), () => resolve(value));
        });
    });

  /** A command of many documents: what each step found is gathered for the answer. */
  const sendEach = <I, R>(items: readonly I[], step: (item: I) => R): Promise<R[]> => {
    let found: R[] = [];
    return send(
      () => {
        found = [];
        return items.map((item) => () => void found.push(step(item)));
      },
      () => [...found],
    );
  };
  const rows = (): LedgerRow[] => [...server.durable.ledger.values()];

  const database: UsageDatabase = {
    async insertRows(batch) {
      let isStopped = false;
      let found: string[] = [];
      const outcomes = await send(
        () => {
          isStopped = false;
          found = [];
          return batch.map((row) => () => {
            if (isStopped) return;
            const outcome = server.insert(row);
            found.push(outcome);
            if (outcome === 'duplicate') isStopped = true;
          });
        },
        () => [...found],
      );
      return { isComplete: outcomes.every((outcome) => outcome === 'inserted'), refused: [] };
    },
    canStoreBatches: () => Promise.resolve(storesBatches),
    async storeBatch({ rows: batch, folds, messages }) {
      let isStopped = false;
      let counted: string[] = [];
      let shown: string[] = [];
      return send(
        () => {
          isStopped = false;
          counted = [];
          shown = [];
          const insert = (row: LedgerRow): void => {
            if (!isStopped && server.insert(row) === 'duplicate') isStopped = !server.goesOnAfterFailure;
          };
          const unlessStopped = (step: () => void) => () => {
            if (!isStopped) step();
          };
          return [
            ...batch.map((row) => () => insert(row)),
            ...folds.map((fold) => unlessStopped(() => void (server.fold(fold) && counted.push(fold.user)))),
            ...messages.map((sum) => unlessStopped(() => void (server.setFirst(sum) && shown.push(sum.message)))),
          ];
        },
        () => ({ isComplete: !isStopped, refused: [], counted: new Set(counted), shown: new Set(shown) }),
      );
    },
    rowsById: (ids) => read(() => rows().filter((row) => ids.includes(row._id))),
    rowsOfWriter: ({ writer, after, upTo, user, limit }) =>
      read(() =>
        rows()
          .filter(
            (row) =>
              row.w === writer &&
              row.n > after &&
              (upTo === undefined || row.n <= upTo) &&
              (user === undefined || row.u === user),
          )
          .toSorted((a, b) => Number(a.n - b.n))
          .slice(0, limit ?? Infinity),
      ),
    siblings: (calls) => read(() => rows().filter((row) => calls.includes(row.cid))),
    async foldUsers(folds) {
      const matched = await sendEach(folds, (fold) => server.fold(fold));
      return { matched: matched.filter(Boolean).length, refused: [] };
    },
    guards: (users, writer) =>
      read(() => {
        const found = new Map<string, bigint | undefined>();
        for (const user of users) {
          const state = server.durable.users.get(user);
          if (state !== undefined) found.set(user, state.guards.get(writer));
        }
        return found;
      }),
    messageSums: (messages) => read(() => messageSumsOf(server.durable.ledger.values(), messages)),
    async setMessages(sums) {
      const matched = await sendEach(sums, (sum) => server.setMessage(sum));
      return { matched: matched.filter(Boolean).length, refused: [] };
    },
    async setFirstMessages(sums) {
      const matched = await sendEach(sums, (sum) => server.setFirst(sum));
      return { matched: matched.filter(Boolean).length, refused: [] };
    },
    messageStates: (messages) =>
      read(() => {
        const found = new Map<string, { isShowing: boolean; records: bigint }>();
        for (const message of messages) {
          const state = server.durable.messages.get(message);
          if (state === undefined) continue;
          const { records = 0n, totalTokens } = state;
          found.set(message, { isShowing: records > 0n || totalTokens > 0n, records });
        }
        return found;
      }),
    async addWriter(writer) {
      const [isAdded = false] = await sendEach([writer], (added) => {
        if (server.executed.writers.has(added.id)) return false;
        server.putWriter(added);
        return true;
      });
      return isAdded;
    },
    async updateWriter(id, change) {
      await sendEach([id], () => {
        const state = server.executed.writers.get(id);
        if (state !== undefined) server.putWriter({ ...state, ...change });
      });
    },
    writer: (id) => read(() => server.durable.writers.get(id)),
    activeWriters: () =>
      read(() => [...server.durable.writers.values()].filter((writer) => writer.retiredAt === undefined)),
    uncleanWriters: () =>
      read(() =>
        [...server.durable.writers.values()].filter(
          (writer) => writer.retiredAt !== undefined && writer.cleanedAt === undefined,
        ),
      ),
    lastRowsOfUsers: (writer) =>
      read(() => {
        const last = new Map<string, bigint>();
        for (const { w, u, n } of rows()) {
          if (w === writer && u !== undefined && n > (last.get(u) ?? 0n)) last.set(u, n);
        }
        return last;
      }),
    async dropGuards(users, writer) {
      await sendEach(users, (user) => server.dropGuard(user, writer));
    },
  };

  return {
    database,
    pace: {
      now: () => new Date(epochMs + time.now()),
      backOff: (attempt) =>
        new Promise((resolve) => {
          inProcess(Math.min(20 * 2 ** attempt, 2000) * (0.5 + random.next() / 2), () => resolve());
        }),
    },
    crash() {
      isCrashed = true;
    },
    pause(forMs) {
      pausedUntil = Math.max(pausedUntil, time.now() + forMs);
    },
    get isCrashed() {
      return isCrashed;
    },
  };
}
