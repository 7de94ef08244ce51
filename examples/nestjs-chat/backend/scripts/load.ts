import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chatAnswer, fakeProvider } from '@kilotoken/core/testing';
import { startMongo } from '@kilotoken/mongo-adapter/testing';
import { commandLine, positiveNumber, wholeNumber } from '../../../../scripts/command-line.ts';
import { compileBackend, startBackend } from './backend-process.ts';
import { newLoadUser } from './load-user.ts';
import { audit } from './load-audit.ts';

// Users chat with the backend, which is killed, once or at even intervals, and started again; so is MongoDB, where that is
// asked for. Afterwards the provider's own log, the ledger, the totals and the messages are compared.
const { users, minutes, kills, mongoKills } = commandLine(
  'Usage: npm run load -- [--users 50] [--minutes 1] [--kills 1] [--mongo-kills 0]',
  {
    options: {
      users: { type: 'string', default: '50' },
      minutes: { type: 'string', default: '1' },
      kills: { type: 'string', default: '1' },
      'mongo-kills': { type: 'string', default: '0' },
    },
  },
  ({ values }) => ({
    users: wholeNumber('--users', values.users),
    minutes: positiveNumber('--minutes', values.minutes),
    kills: wholeNumber('--kills', values.kills),
    mongoKills: wholeNumber('--mongo-kills', values['mongo-kills'], 0),
  }),
);
/** Twenty words, so that there is something to interrupt. */
const answer = 'word '.repeat(20).trim();
const durationMs = minutes * 60_000;

await compileBackend();
const folder = mkdtempSync(join(tmpdir(), 'nestjs-chat-load-'));
const mongo = await startMongo({ members: 1 });
const provider = await fakeProvider({ handle: () => chatAnswer({ text: answer, delayMs: 15 }) });
const mongoUri = mongo.uri.replace('/?', '/chat?');
const env = {
  PORT: String(await freePort()),
  MONGODB_URI: mongoUri,
  JOURNAL_DIR: join(folder, 'usage-journal'),
  JWT_SECRET: 'a secret that outlives the backend, and is for this run only',
  OPENAI_BASE_URL: provider.baseURL,
  CHAT_MODEL: 'demo-chat',
  RATE_LIMIT_PER_MINUTE: '1000000',
};
let backend = await startBackend(env);
let isUp = true;
try {
  const people = await Promise.all(Array.from({ length: users }, (_, index) => newLoadUser(backend.url, index)));
  console.log(`${users} users chat for ${minutes} min; kills of the backend: ${kills}, of MongoDB: ${mongoKills}`);
  const ends = AbortSignal.timeout(durationMs);
  const chatting = people.map((person) => person.chat(ends, () => isUp));
  const deaths = [...spread(kills, killBackend), ...spread(mongoKills, killMongo)].toSorted(
    (one, other) => one.at - other.at,
  );
  /* oxlint-disable no-await-in-loop -- one after the other: the backend does not start while MongoDB is down */
  for (const { kill } of deaths) {
    await sleep(durationMs / (deaths.length + 1));
    await kill();
  }
  /* oxlint-enable no-await-in-loop */
  const replies = (await Promise.all(chatting)).flat();
  process.exitCode = (await audit({ mongoUri, provider, replies, say: console.log })) ? 0 : 1;
} finally {
  await backend.stop('SIGTERM');
  await provider.close();
  await mongo.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function killBackend(): Promise<void> {
  isUp = false;
  const open = provider.requests.filter(({ status, reportedUsage }) => status === 200 && reportedUsage === undefined);
  console.log(`kill -9 with ${open.length} calls under way`);
  await backend.stop('SIGKILL');
  backend = await startBackend(env);
  isUp = true;
}

async function killMongo(): Promise<void> {
  console.log('kill -9 of MongoDB');
  await mongo.members[0]?.kill('SIGKILL');
  await mongo.members[0]?.start();
}

/** So many of one kind, at even places between 0 and 1. */
function spread(
  times: number,
  kill: () => Promise<void>,
): readonly { readonly at: number; readonly kill: typeof kill }[] {
  return Array.from({ length: times }, (_, index) => ({ at: (index + 1) / (times + 1), kill }));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
