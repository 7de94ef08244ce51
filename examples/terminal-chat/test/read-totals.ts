// Prints the totals per user of the SQLite file named on the command line, as one JSON array.
import { sqliteStore } from '@kilotoken/core';

const store = sqliteStore({ path: process.argv[2] ?? '' });
const users = [];
for (const userId of ['alice', 'bob']) {
  const { calls, tokens, picoUsd } = await store.totals({ userId });
  users.push({ userId, calls, tokens: tokens.totalTokens, picoUsd: String(picoUsd) });
}
console.log(JSON.stringify(users));
await store.close();
