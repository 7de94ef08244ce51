import packageJson from '../../package.json' with { type: 'json' };
import { visible } from '@kilotoken/core/store-kit';
import type { MongoClient } from 'mongodb';
import type { BackfillProgress } from '../maintenance/backfill-options.ts';
import type { UserVerdict } from '../maintenance/verify-users.ts';
import type { MongoStore } from '../mongo-store-type.ts';
import { mongoStore } from '../mongo-store.ts';
import { cliArguments, cliHelp, UsageError } from './cli-arguments.ts';
import type { CliArguments } from './cli-arguments.ts';
import { reportLines, reportTable } from './report.ts';

/** Where the command line writes and reads. */
export interface CliWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results. */
  out(text: string): void;
  /** Progress and errors. */
  err(text: string): void;
}

/** Runs a command line; resolves with the exit code. */
export async function runCli(args: readonly string[], world: CliWorld): Promise<number> {
  try {
    return await runAsked(cliArguments(args, world.env), world);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    world.err(`kilotoken-mongo: ${error.message}\n\n${cliHelp}`);
    return 2;
  }
}

async function runAsked(asked: CliArguments | 'help' | 'version', world: CliWorld): Promise<number> {
  if (asked === 'help' || asked === 'version') {
    world.out(asked === 'help' ? cliHelp : `${packageJson.version}\n`);
    return 0;
  }
  // Loaded here, so that help needs no driver.
  const { MongoClient, ObjectId } = await import('mongodb');
  const isPatient = asked.uri.includes('serverSelectionTimeoutMS');
  const client = understood(() => new MongoClient(asked.uri, isPatient ? {} : { serverSelectionTimeoutMS: 10_000 }));
  const id = (text: string): unknown => (ObjectId.isValid(text) ? new ObjectId(text) : undefined);
  if (asked.hasObjectIds && asked.after !== undefined && id(asked.after) === undefined)
    throw new UsageError(`--after is the id of a message, and "${asked.after}" is no ObjectId`);
  const mapping = asked.hasObjectIds ? { id } : {};
  try {
    const store = mongoStore({
      client,
      ...(asked.db === undefined ? {} : { db: asked.db }),
      users: { collection: asked.users, ...mapping },
      messages: asked.messages === false ? false : { collection: asked.messages, ...mapping },
      maintenance: false,
      recovery: false,
      onError: (error) => world.err(`${error.message}\n`),
    });
    try {
      const { databaseName } = client.db(asked.db);
      const after: unknown = asked.hasObjectIds && asked.after !== undefined ? id(asked.after) : asked.after;
      return await runCommand(store, { ...asked, databaseName }, after, world);
    } finally {
      await store.close();
    }
  } catch (error) {
    world.err(`kilotoken-mongo: ${error instanceof Error ? error.message : String(error)}\n`);
    return 3;
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

async function runCommand(store: MongoStore, asked: Asked, after: unknown, world: CliWorld): Promise<number> {
  const { isJson, isDryRun: dryRun } = asked;
  const tell = (text: string, value: unknown): void => world.out(isJson ? `${json(value)}\n` : `${text}\n`);
  const wouldBe = dryRun ? 'would be ' : '';
  switch (asked.command) {
    case 'indexes':
      await store.ensureIndexes();
      tell('The indexes are there.', { ok: true });
      return 0;
    case 'verify':
      return verify(store, asked, tell, world);
    case 'rebuild':
      return rebuild(store, asked.user ?? '', dryRun, tell);
    case 'repair': {
      const repaired = await store.repairTypes({ dryRun });
      const fields = Object.entries(repaired).map(([field, count]) => `${field}: ${count} ${wouldBe}repaired`);
      tell(fields.join('\n'), repaired);
      return 0;
    }
    case 'backfill': {
      const onProgress = (progress: BackfillProgress): void => world.err(`${json(progress)}\n`);
      const done = await store.backfill({ dryRun, onProgress, ...(after === undefined ? {} : { after }) });
      const { messages, rows, users, balances, skipped } = done;
      tell(
        `${messages} messages with usage, ${rows} rows ${wouldBe}made; ` +
          `${users} users with totals, ${balances} opening balances ${wouldBe}made; ` +
          `${skipped} messages and users passed over.`,
        done,
      );
      return 0;
    }
    case 'report':
      break;
  }
  const lines = await reportLines(store, asked);
  if (isJson) for (const line of lines) world.out(`${json(line)}\n`);
  else world.out(`${reportTable(lines, asked.by)}\n`);
  return 0;
}

type Tell = (text: string, value: unknown) => void;

async function verify(store: MongoStore, asked: Asked, tell: Tell, world: CliWorld): Promise<number> {
  const found = { right: 0, balance: 0, wrong: 0, missing: 0 };
  for await (const verdict of store.verify(asked.user)) {
    found[verdict.state] += 1;
    if (verdict.state !== 'right' || verdict.pendingRecords > 0) tell(verdictText(verdict), verdict);
    const count = Object.values(found).reduce((sum, part) => sum + part, 0);
    if (count % 1000 === 0) world.err(`${count} users compared\n`);
  }
  tell(
    `${found.right} right, ${found.balance} with totals from elsewhere, ${found.wrong} wrong, ${found.missing} without a document.`,
    found,
  );
  const doubt = doubtAbout(found, asked);
  if (doubt !== undefined) world.err(`${doubt}\n`);
  return found.wrong > 0 ? 1 : 0;
}

/** Nothing wrong is also what it looks like from the wrong database, and through the wrong kind of ids. */
function doubtAbout({ missing, ...found }: Readonly<Record<string, number>>, asked: Asked): string | undefined {
  if (Object.values(found).some((count) => count > 0) || asked.user !== undefined) return undefined;
  if (missing === 0) return `No user has records in database "${asked.databaseName}".`;
  const advice = asked.hasObjectIds
    ? 'run it without --object-ids, if ids are texts'
    : 'run it with --object-ids, if ids are ObjectIds';
  return `No user has a document: ${advice}.`;
}

async function rebuild(store: MongoStore, userId: string, dryRun: boolean, tell: Tell): Promise<number> {
  for await (const verdict of store.verify(userId)) if (dryRun) tell(verdictText(verdict), verdict);
  if (dryRun) return 0;
  const isDone = await store.rebuild(userId);
  const name = visible(userId);
  tell(isDone ? `User "${name}" shows what the ledger has.` : `User "${name}" has no document.`, {
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
