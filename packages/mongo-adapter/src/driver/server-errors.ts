import { refusedCommand } from '../fold/usage-database.ts';

/** Errors of one document that no repetition can change: wrong types, validators, sizes, names. */
const documentCodes = new Set([2, 9, 14, 28, 40, 52, 55, 56, 57, 66, 121, 10_334, 17_280, 17_419, 17_420]);

/**
 * Errors of an update that no repetition can change: the collection became a time series, or a view, or it is sharded by a
 * key that an upsert does not name.
 */
const updateCodes = new Set([...documentCodes, 61, 72, 166]);

/** Errors of a whole command that the server refuses before it does anything: rights, names, kinds of collections. */
const commandCodes = new Set([13, 18, 33, 59, 72, 73, 166, 8000]);

/** What somebody has to do before the server takes the command. */
const advices = new Map([
  [13, 'grant the role readWrite on this database to the user of the connection string'],
  [18, 'the user or password in the connection string is wrong'],
  [72, 'a time-series collection allows no updates of single documents; use an ordinary collection'],
  [166, 'a configured collection is a view; use an ordinary collection'],
]);

/** Failures the driver finds before it sends anything. */
const clientErrors = new Set(['MongoInvalidArgumentError', 'MongoAPIError', 'MongoAuthenticationError', 'BSONError']);

/** One failed document of a bulk command. */
export interface WriteProblem {
  readonly index: number;
  readonly code: number;
  readonly message: string;
}

/** What a failed bulk command tells about its documents; nothing where its outcome is unknown. */
export function writeProblems(error: unknown, kind: 'insert' | 'update'): readonly WriteProblem[] | undefined {
  if (nameOf(error) !== 'MongoBulkWriteError') return undefined;
  const result: unknown = Reflect.get(Object(error), 'result');
  const concern: unknown = (result as { getWriteConcernError?: () => unknown } | undefined)?.getWriteConcernError?.();
  if (concern !== undefined && concern !== null) return undefined;
  const listed: unknown = Reflect.get(Object(error), 'writeErrors');
  const problems = (Array.isArray(listed) ? (listed as unknown[]) : [listed]).flatMap((item) => {
    const { index, code, errmsg } = Object(item) as { index?: unknown; code?: unknown; errmsg?: unknown };
    return typeof index === 'number' && typeof code === 'number' ? [{ index, code, message: String(errmsg) }] : [];
  });
  // A code we do not know may be a passing one: the outcome of that document is unknown. A row is not given up because
  // its collection is of the wrong kind.
  const definite = kind === 'insert' ? documentCodes : updateCodes;
  return problems.length > 0 && problems.every(({ code }) => code === 11_000 || definite.has(code))
    ? problems
    : undefined;
}

/**
 * What stopped an ordered command over several collections; nothing where its outcome is unknown. Rejects of the whole
 * command come with their reason as cause.
 *
 * @throws the reason, where the server refused the whole command.
 */
export function batchProblem(error: unknown): (WriteProblem & { readonly result: unknown }) | undefined {
  if (nameOf(error) !== 'MongoClientBulkWriteError') return undefined;
  const { writeConcernErrors, writeErrors, partialResult, cause } = Object(error) as {
    writeConcernErrors?: readonly unknown[];
    writeErrors?: ReadonlyMap<number, { code?: unknown; message?: unknown }>;
    partialResult?: { readonly insertedCount?: number };
    cause?: unknown;
  };
  // A large batch goes in several commands, and then an earlier one may have been executed.
  if (cause !== undefined && partialResult?.insertedCount === 0) throw cause;
  if (cause !== undefined || (writeConcernErrors?.length ?? 0) > 0) return undefined;
  const [first] = writeErrors ?? [];
  if (first === undefined) return undefined;
  const [index, { code, message }] = first;
  if (typeof code !== 'number' || (code !== 11_000 && !documentCodes.has(code))) return undefined;
  return { index, code, message: String(message), result: partialResult };
}

/** The server is no primary, or shutting down: whatever it is asked will fail until there is another. */
const primaryCodes = new Set([91, 189, 10_058, 10_107, 11_600, 11_602, 13_435, 13_436]);

/** True where a server that can write answered, and did not do all of it. Another command may do. */
export function isAnswered(error: unknown): boolean {
  const code = codeOf(error);
  return ['MongoBulkWriteError', 'MongoServerError'].includes(nameOf(error)) && !primaryCodes.has(code ?? 0);
}

/** True where the server refused one document, as its validator does, and repeating it changes nothing. */
export function isDocumentRefused(error: unknown): boolean {
  return documentCodes.has(codeOf(error) ?? 0);
}

/** True where the id of a row is taken; a unique index that somebody else has made refuses the row for good. */
export function isTakenId({ code, message }: Pick<WriteProblem, 'code' | 'message'>): boolean {
  return code === 11_000 && !/ index: (?!_id_ )/.test(message);
}

/** True for the duplicate of a unique key. */
export function isDuplicateKey(error: unknown): boolean {
  return codeOf(error) === 11_000;
}

/** The error, marked where the command was certainly not executed. */
export function classified(error: unknown): Error {
  const failure = error instanceof Error ? error : new Error(String(error));
  const code = codeOf(error);
  const isRefused = (code !== undefined && commandCodes.has(code)) || clientErrors.has(nameOf(error));
  if (!isRefused) return failure;
  const advice = code === undefined ? undefined : advices.get(code);
  return refusedCommand(
    advice === undefined ? failure : new Error(`${failure.message}; ${advice}`, { cause: failure }),
  );
}

function codeOf(error: unknown): number | undefined {
  const code: unknown = Reflect.get(Object(error), 'code');
  return typeof code === 'number' ? code : undefined;
}

function nameOf(error: unknown): string {
  return String(Reflect.get(Object(error), 'name'));
}
