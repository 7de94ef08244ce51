import type { TokenUsage } from '../../../normalize/token-usage.ts';
import type { Prepare } from '../connection.ts';
import { addToDelta, createSumWriter, mergeDelta, sumDelta } from './sum-delta.ts';
import type { SumDelta } from './sum-delta.ts';
import { hourOf, partLength, sumScope } from '../sum-tables.ts';

/** What the hours keep of a record; texts are encoded. */
export interface HourRecord {
  readonly sequence: number;
  readonly user: string | null;
  readonly tenant: string | undefined;
  readonly startedAt: number;
  readonly origin: string;
  readonly isUnpriced: boolean;
  readonly picoUsd: number | undefined;
  readonly tokens: TokenUsage;
}

/** Collects what records add to `usage_hours`. */
export interface HourFold {
  add(record: HourRecord): void;
  /** How many rows would be written now, all but those of everything. */
  readonly rows: number;
  write(prepare: Prepare): void;
}

/** One row of `usage_hours` under way. */
interface Cell extends SumDelta {
  readonly hour: number;
  readonly origin: string;
  readonly part: number;
  unpriced: number;
  sequences: string;
}

type Cells = Map<string, Cell>;

const hoursTable = {
  name: 'usage_hours',
  keys: ['scope', 'key', 'hour', 'origin', 'part'],
  sums: ['seqs', 'records', 'unpriced', 'pico_high', 'pico_low'],
};

/** Begins a fold of one transaction. */
export function createHourFold(): HourFold {
  const withoutUser: Cells = new Map();
  const users = new Map<string, Cells>();
  const tenants = new Map<string, Cells>();
  let rows = 0;

  const addTo = (cells: Cells, record: HourRecord): void => {
    const hour = hourOf(record.startedAt);
    const part = Math.floor(record.sequence / partLength);
    const name = `${hour} ${part} ${record.origin}`;
    let cell = cells.get(name);
    if (cell === undefined) {
      cell = { ...sumDelta(), hour, origin: record.origin, part, unpriced: 0, sequences: '' };
      cells.set(name, cell);
      rows += 1;
    }
    addToDelta(cell, record.tokens, record.picoUsd);
    if (record.isUnpriced) cell.unpriced += 1;
    cell.sequences += `${record.sequence},`;
  };

  return {
    add(record) {
      addTo(record.user === null ? withoutUser : cellsOf(users, record.user), record);
      if (record.tenant !== undefined) addTo(cellsOf(tenants, record.tenant), record);
    },
    get rows() {
      return rows;
    },
    write(prepare) {
      const add = createSumWriter(prepare, hoursTable);
      const write = (scope: number, key: string, cell: Cell): void => {
        const { hour, origin, part, sequences, records, unpriced, picoHigh, picoLow } = cell;
        add([scope, key, hour, origin, part, sequences, records, unpriced, picoHigh, picoLow], cell);
      };
      for (const cell of withoutUser.values()) write(sumScope.withoutUser, '', cell);
      for (const [user, cells] of users) for (const cell of cells.values()) write(sumScope.user, user, cell);
      for (const [tenant, cells] of tenants) for (const cell of cells.values()) write(sumScope.tenant, tenant, cell);
      const everything = sumOfAll([withoutUser, ...users.values()]);
      for (const cell of everything.values()) write(sumScope.everything, '', cell);
    },
  };
}

function cellsOf(all: Map<string, Cells>, key: string): Cells {
  let cells = all.get(key);
  if (cells === undefined) {
    cells = new Map();
    all.set(key, cells);
  }
  return cells;
}

/** Every record is in one of the shares; nobody asks for the sequence numbers of all. */
function sumOfAll(shares: readonly Cells[]): Cells {
  const sums: Cells = new Map();
  for (const share of shares) {
    for (const cell of share.values()) {
      const { hour, origin, unpriced } = cell;
      const name = `${hour} ${origin}`;
      let sum = sums.get(name);
      if (sum === undefined) {
        sum = { ...sumDelta(), hour, origin, part: 0, unpriced: 0, sequences: '' };
        sums.set(name, sum);
      }
      mergeDelta(sum, cell);
      sum.unpriced += unpriced;
    }
  }
  return sums;
}
