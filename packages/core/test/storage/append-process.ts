// A process of its own for sqlite-processes.test.ts: appends small batches and says on stdout which ids are acknowledged.
import { writeSync } from 'node:fs';
import { sqliteStore } from '../../src/storage/sqlite-store.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';

const [path = '', name = '', batches = '0', sharedId = '', batchLength = '7'] = process.argv.slice(2);
const store = sqliteStore({ path });
for (let batch = 0; batch < Number(batches); batch += 1) {
  const records = Array.from({ length: Number(batchLength) }, (_, index) =>
    usageRecord({
      id: `${name}-${batch}-${index}`,
      callId: `call-${batch}-${index}`,
      startedAt: new Date(Date.UTC(2026, 10, 22) + batch * 600_000 + index),
      attribution: { userId: `user-${index % 3}`, tenantId: `tenant-${index % 2}` },
    }),
  );
  if (sharedId !== '') records.push(usageRecord({ id: `${sharedId}-${batch}` }));
  // oxlint-disable-next-line no-await-in-loop -- one batch after the other
  await store.append(records);
  writeSync(1, records.map(({ id }) => `${id}\n`).join(''));
}
await store.close();
