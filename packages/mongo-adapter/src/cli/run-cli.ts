import packageJson from '../../package.json' with { type: 'json' };
import { isMeterError } from '@kilotoken/core';
import { print, printData, recordCount, visible, withoutUndefined, writeRecords } from '@kilotoken/core/store-kit';
import type { CliIo } from '@kilotoken/core/store-kit';
import type { MongoClient } from 'mongodb';
import type { BackfillProgress } from '../maintenance/backfill-options.ts';
import type { UserVerdict } from '../maintenance/verify-users.ts';
import type { MongoStore } from '../mongo-store-type.ts';
import { mongoStore } from '../mongo-store.ts';
import { cliArguments, cliHelp, UsageError } from './cli-arguments.ts';
import type { CliArguments } from './cli-arguments.ts';
import { reportCsv, reportJson, reportLines, reportTable } from './report.ts';

const ignore = (): void => undefined;

/** Runs a command line; resolves with the exit code. */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  // Each write tells its own failure; without a listener the stream would also crash the process, even a moment later.
  io.stdout.on('error', ignore);
  io.stderr.on('error', ignore);
  try {
    return await runAsked(cliArguments(args, io.env), io);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    await print(io.stderr, `kilotoken-mongo: ${error.message}\n\n${cliHelp}`);
    return 2;
  }
}

async function runAsked(asked: CliArguments | 'help' | 'version', io: CliIo): Promise<number> {
  if (asked === 'help' || asked === 'version') {
    await print(io.stdout, asked === 'help' ? cliHelp : `${packageJson.version}\n`);
    return 0;
  }
  // Loaded here, so that help needs no driver.
  const { MongoClient, ObjectId } = await import('mongodb');
  const isPatient = asked.uri.includes('serverSelectionTimeoutMS');
  const client = understood(() => new MongoClient(asked.uri, isPatient ? {} : { serverSelectionTimeoutMS: 10_000 }));
  const id = (text: string): unknown => (ObjectId.isValid(text) ? new ObjectId(text) : undefined);
  if (asked.command === 'backfill' && asked.hasObjectIds && asked.after !== undefined && id(asked.after) === undefined)
    throw new UsageError(`--after must be the id of a message, but "${asked.after}" is not an ObjectId`);
  const mapping = asked.hasObjectIds ? { id } : {};
  try {
    const store = mongoStore({
      client,
      ...(asked.db === undefined ? {} : { db: asked.db }),
      users: { collection: asked.users, ...mapping },
      messages: asked.messages === false ? false : { collection: asked.messages, ...mapping },
      maintenance: false,
      recovery: false,
      onError: (error) => void print(io.stderr, `${error.message}\n`).catch(ignore),
    });
    try {
      const { databaseName } = client.db(asked.db);
      const after: unknown = asked.hasObjectIds && asked.after !== undefined ? id(asked.after) : asked.after;
      return await runCommand(store, { ...asked, databaseName }, after, io);
    } finally {
      await store.close();
    }
  } catch (error) {
    await print(io.stderr, `kilotoken-mongo: ${error instanceof Error ? error.message : String(error)}\n`);
    return isMeterError(error) && error.code === 'invalid_options' ? 2 : 3;
  } finally {
    await client.close();
  }
}

/** What the driver cannot read of a connection string is a mistake in the command line. */
function understood(open: () => MongoClient): MongoClient {
  try {
    return open();
  } catch (error) {
    throw new UsageError(`--uri: ${error instanceof Error ? error.message : String(error)}`);
  }
}

type Asked = CliArguments & { readonly databaseName: string };

async function runCommand(store: MongoStore, asked: Asked, after: unknown, io: CliIo): Promise<number> {
  const { isJson, isDryRun: dryRun, user } = asked;
  const tell: Tell = async (text, value) => void (await print(io.stdout, isJson ? `${json(value)}\n` : `${text}\n`));
  const wouldBe = dryRun ? 'would be ' : '';
  switch (asked.command) {
    case 'indexes':
      await store.ensureIndexes();
      await tell('The indexes are in place.', { ok: true });
      return 0;
    case 'verify':
      return verify(store, asked, tell, io);
    case 'rebuild':
      return rebuild(store, user ?? '', dryRun, tell);
    case 'erase':
      return erase(store, asked, tell, io);
    case 'repair': {
      const repaired = await store.repairTypes({ dryRun });
      const fields = Object.entries(repaired).map(([field, count]) => `${field}: ${count} ${wouldBe}repaired`);
      await tell(fields.join('\n'), repaired);
      return 0;
    }
    case 'backfill': {
      const onProgress = (progress: BackfillProgress): void =>
        void print(io.stderr, `${json(progress)}\n`).catch(ignore);
      const done = await store.backfill({ dryRun, onProgress, ...(after === undefined ? {} : { after }) });
      const { messages, rows, users, balances, skipped } = done;
      await tell(
        `${messages} messages with usage, ${rows} rows ${wouldBe}created; ` +
          `${users} users with totals, ${balances} opening balances ${wouldBe}created; ` +
          `${skipped} messages and users skipped.`,
        done,
      );
      return 0;
    }
    case 'export': {
      const query = { userId: user, after: asked.after, limit: asked.limit };
      await writeRecords(store.records(withoutUndefined(query)), asked.after, io);
      return 0;
    }
    case 'report':
      break;
  }
  const lines = await reportLines(store, asked);
  if (isJson) await printData(io.stdout, lines.map((line) => `${json(reportJson(line))}\n`).join(''));
  else await printData(io.stdout, asked.isCsv ? reportCsv(lines, asked.by) : `${reportTable(lines, asked.by)}\n`);
  return 0;
}

type Tell = (text: string, value: unknown) => Promise<void>;

async function verify(store: MongoStore, asked: Asked, tell: Tell, io: CliIo): Promise<number> {
  const found = { right: 0, balance: 0, wrong: 0, missing: 0 };
  for await (const verdict of store.verify(asked.user)) {
    found[verdict.state] += 1;
    if (verdict.state !== 'right' || verdict.pendingRecords > 0) await tell(verdictText(verdict), verdict);
    const count = Object.values(found).reduce((sum, part) => sum + part, 0);
    if (count % 1000 === 0) await print(io.stderr, `${count} users compared\n`);
  }
  await tell(
    `${found.right} right, ${found.balance} with totals from elsewhere, ${found.wrong} wrong, ${found.missing} without a document.`,
    found,
  );
  const doubt = doubtAbout(found, asked);
  if (doubt !== undefined) await print(io.stderr, `${doubt}\n`);
  return found.wrong > 0 ? 1 : 0;
}

/** Nothing wrong is also what it looks like from the wrong database, and through the wrong kind of ids. */
function doubtAbout({ missing, ...found }: Readonly<Record<string, number>>, asked: Asked): string | undefined {
  if (Object.values(found).some((count) => count > 0) || asked.user !== undefined) return undefined;
  if (missing === 0) return `No user has records in database "${asked.databaseName}".`;
  return `No user has a document: ${otherIds(asked)}.`;
}

function otherIds({ hasObjectIds }: CliArguments): string {
  return hasObjectIds
    ? 'run it without --object-ids if ids are strings'
    : 'run it with --object-ids if ids are ObjectIds';
}

async function erase(store: MongoStore, asked: Asked, tell: Tell, io: CliIo): Promise<number> {
  const { user: userId = '', isDryRun: dryRun } = asked;
  const onWait = (until: Date): void => {
    const text = `Another process is working on the roll-ups. Waiting until ${until.toISOString()} at the latest.\n`;
    void print(io.stderr, text).catch(ignore);
  };
  const { records, hasDocument } = await store.erase(userId, { dryRun, onWait });
  const name = visible(userId);
  const done = dryRun
    ? `user "${name}" has ${recordCount(records)}`
    : `user "${name}" is erased: ${recordCount(records)} kept without a user`;
  await tell(done, { userId, records, hasDocument, dryRun });
  // Its totals are still there, where it was looked for under the other kind of id.
  if (!hasDocument) await print(io.stderr, `No document of the user was found: ${otherIds(asked)}.\n`);
  return 0;
}

async function rebuild(store: MongoStore, userId: string, dryRun: boolean, tell: Tell): Promise<number> {
  for await (const verdict of store.verify(userId)) if (dryRun) await tell(verdictText(verdict), verdict);
  if (dryRun) return 0;
  const isDone = await store.rebuild(userId);
  const name = visible(userId);
  await tell(isDone ? `User "${name}" shows what the ledger has.` : `User "${name}" has no document.`, {
    userId,
    isDone,
  });
  return isDone ? 0 : 3;
}

function verdictText({ userId, state, pendingRecords, ledger, shown }: UserVerdict): string {
  const pending = pendingRecords === 0 ? '' : `, ${pendingRecords} records not counted yet`;
  return `${state}: user "${visible(userId)}" shows ${shown.totalTokens} tokens, the ledger has ${ledger.totalTokens}${pending}`;
}

function json(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
}
