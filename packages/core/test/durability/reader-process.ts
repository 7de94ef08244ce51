// A second process that reads the store of an app: for each user id on stdin, the user's calls and tokens on stdout.
// Its argument is the database.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { sqliteStore } from '../../src/index.ts';

const store = sqliteStore({ path: process.argv[2] ?? '' });
for await (const userId of createInterface({ input: process.stdin })) {
  const { calls, tokens } = await store.totals({ userId });
  writeSync(1, `${userId} ${calls} ${tokens.totalTokens}\n`);
}
await store.close();
