import { createMeter } from '@kilotoken/core';
import type { UsageRecord, UsageStore } from '@kilotoken/core';
import { clientClass, seenRecord } from '../setup.ts';
import type { SeenRecord, SetUp } from '../setup.ts';

/** This project, with a store that keeps two numbers of each record, as the exporters of the others do. */
export const kilotoken: SetUp = ({ load }) => {
  const Client = clientClass(load('openai'));
  let seen: SeenRecord[] = [];
  const store: UsageStore = {
    capabilities: { durable: false, shared: false },
    append: (records) => {
      for (const record of records) seen.push(seenRecordOf(record));
      return Promise.resolve({ inserted: records.length, duplicates: 0 });
    },
    totals: unused,
    series: unused,
    records: unused,
    close: () => Promise.resolve(),
  };
  const meter = createMeter({ store });
  return {
    client: (options) => meter.wrap(new Client(options)),
    flush: () => meter.flush(),
    taken() {
      const taken = seen;
      seen = [];
      return Promise.resolve(taken);
    },
  };
};

function unused(): never {
  throw new Error('not used here');
}

function seenRecordOf({ tokens, origin }: UsageRecord): SeenRecord {
  return seenRecord(tokens.inputTokens, tokens.outputTokens, origin === 'estimated');
}
