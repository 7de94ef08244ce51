import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { BSON, MongoClient } from 'mongodb';
import type { Document } from 'mongodb';
import { readMessages } from './op-msg-proxy.ts';

/** What a test may have the server do with one `bulkWrite`. */
export interface BulkWriteScript {
  /** Operations executed before it is interrupted. Default: all. */
  readonly reach?: number;
  /** Results in the first answer; the rest is for `getMore`. Default: all. */
  readonly firstBatch?: number;
  /** Answers an error of this code instead, and executes nothing. */
  readonly refusal?: number;
  /** Executed, but a majority is not known to have it. */
  readonly concernError?: number;
}

/** A real mongod behind a server that has the command `bulkWrite` of MongoDB 8 as well. */
export interface BulkWriteServer {
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  /** Batches received so far: how many operations of each kind. */
  readonly received: readonly { readonly inserts: number; readonly updates: number }[];
  /** Decides about the next batches. */
  onBulkWrite(script: (count: number) => BulkWriteScript): void;
  close(): Promise<void>;
}

const opQueryReply = 1;
const opMsg = 2013;
const codeNames: Readonly<Record<number, string>> = { 59: 'CommandNotFound', 13: 'Unauthorized' };

/**
 * Starts it in front of `host`. MongoDB 8 cannot be had for tests: all data, and every command but one, is left to a real
 * mongod, which says it is of version 8.0. `bulkWrite` is worked off in order by single inserts and updates, and answered
 * in the shape of the real one: a cursor of results up to the first failure, and sums.
 */
export async function startBulkWriteServer(
  host: string,
  greeting: Document = { maxWireVersion: 25 },
): Promise<BulkWriteServer> {
  const [address = '127.0.0.1', port = '27017'] = host.split(':');
  const executor = new MongoClient(`mongodb://${host}/?directConnection=true`, { retryWrites: false });
  const sockets = new Set<Socket>();
  const received: { inserts: number; updates: number }[] = [];
  const cursors = new Map<string, Document[]>();
  let script: (count: number) => BulkWriteScript = () => ({});
  let requests = 0x20_00_00_00;

  const bulkWrite = async (body: Document, ops: readonly Document[], namespaces: readonly string[]) => {
    const { reach = ops.length, firstBatch, refusal, concernError } = script(received.length);
    received.push({
      inserts: ops.filter((op) => 'insert' in op).length,
      updates: ops.filter((op) => 'update' in op).length,
    });
    if (refusal !== undefined) return { ok: 0, code: refusal, codeName: codeNames[refusal], errmsg: 'refused' };
    const results: Document[] = [];
    const sums = { nErrors: 0, nInserted: 0, nMatched: 0, nModified: 0, nUpserted: 0, nDeleted: 0 };
    const writeConcern = body['writeConcern'] as Document | undefined;
    for (const [index, op] of ops.slice(0, reach).entries()) {
      // The last one waits for a majority, which then has the ones before it.
      const concern = index === ops.length - 1 ? writeConcern : { w: 1 };
      // oxlint-disable-next-line no-await-in-loop -- one operation after the other, as it is ordered
      const { error, ...result } = await execute(executor, op, namespaces, concern);
      results.push(error === undefined ? { ok: 1, idx: index, ...result } : { ok: 0, idx: index, n: 0, ...error });
      if (error !== undefined) {
        sums.nErrors += 1;
        break;
      }
      if ('insert' in op) sums.nInserted += 1;
      else if (result.upserted !== undefined) sums.nUpserted += 1;
      else sums.nMatched += result.n ?? 0;
      sums.nModified += result.nModified ?? 0;
    }
    if (reach < ops.length) return { ok: 0, code: 11_600, codeName: 'InterruptedAtShutdown', errmsg: 'interrupted' };
    const first = body['errorsOnly'] === true ? results.filter(({ ok }) => ok === 0) : results;
    const rest = first.splice(firstBatch ?? first.length);
    const id = rest.length === 0 ? 0 : 1000 + received.length;
    if (id !== 0) cursors.set(String(id), rest);
    return {
      cursor: { id: BSON.Long.fromNumber(id), firstBatch: first, ns: 'admin.$cmd.bulkWrite' },
      ...sums,
      ...(concernError === undefined ? {} : { writeConcernError: { code: concernError, errmsg: 'not known' } }),
      ok: 1,
    };
  };

  /** The answer to a command that is ours; nothing where it is mongod's. */
  const answer = async (message: Buffer): Promise<Document | undefined> => {
    const { body, sequences } = parse(message);
    if ('bulkWrite' in body) {
      const namespaces = (sequences.get('nsInfo') ?? []).map(({ ns }) => String(ns));
      return bulkWrite(BSON.deserialize(bodyBytes(message)), sequences.get('ops') ?? [], namespaces);
    }
    if (body['collection'] === '$cmd.bulkWrite' && 'getMore' in body) {
      const nextBatch = cursors.get(String(body['getMore'])) ?? [];
      cursors.delete(String(body['getMore']));
      return { cursor: { id: BSON.Long.ZERO, nextBatch, ns: 'admin.$cmd.bulkWrite' }, ok: 1 };
    }
    return undefined;
  };

  const listener = createServer((client) => {
    const server = connect(Number(port), address);
    for (const socket of [client, server]) sockets.add(socket.on('close', () => sockets.delete(socket)));
    client.on('error', () => server.destroy()).on('close', () => server.destroy());
    server.on('error', () => client.destroy()).on('close', () => client.destroy());
    let queue = Promise.resolve();
    readMessages(client, (message) => {
      queue = queue.then(async () => {
        const reply = isCommand(message) ? await answer(message) : undefined;
        if (reply === undefined) server.write(message);
        else client.write(pack(reply, (requests += 1), message.readInt32LE(4)));
      });
    });
    readMessages(server, (message) => client.write(greetAs(message, greeting)));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const own = listener.address();
  if (own === null || typeof own === 'string') throw new Error('no port');

  return {
    host: `127.0.0.1:${own.port}`,
    received,
    onBulkWrite(next) {
      script = next;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
      await executor.close();
    },
  };
}

interface Execution {
  readonly n?: number;
  readonly nModified?: number;
  readonly upserted?: Document;
  readonly error?: { readonly code: number; readonly errmsg: string };
}

async function execute(
  executor: MongoClient,
  op: Document,
  namespaces: readonly string[],
  writeConcern: Document | undefined,
): Promise<Execution> {
  const namespace = namespaces[Number(op['insert'] ?? op['update'])] ?? '';
  const dot = namespace.indexOf('.');
  const db = executor.db(namespace.slice(0, dot));
  const collection = namespace.slice(dot + 1);
  const { filter: q, updateMods: u, upsert = false } = op;
  const reply = await db.command({
    ...('insert' in op
      ? { insert: collection, documents: [op['document'] as Document] }
      : { update: collection, updates: [{ q, u, upsert, multi: false }] }),
    ...(writeConcern === undefined ? {} : { writeConcern }),
  });
  const [failure] = (reply['writeErrors'] ?? []) as { code: number; errmsg: string }[];
  if (failure !== undefined) return { error: { code: failure.code, errmsg: failure.errmsg } };
  const [upserted] = (reply['upserted'] ?? []) as Document[];
  if ('insert' in op) return { n: 1 };
  return {
    n: Number(reply['n']),
    nModified: Number(reply['nModified']),
    ...(upserted === undefined ? {} : { upserted: { _id: upserted['_id'] as unknown } }),
  };
}

function isCommand(message: Buffer): boolean {
  return message.readInt32LE(12) === opMsg && message[20] === 0;
}

function bodyBytes(message: Buffer): Buffer {
  return message.subarray(21, 21 + message.readInt32LE(21));
}

/** The body of a command, and the documents that come beside it. Numbers keep their types. */
function parse(message: Buffer): { readonly body: Document; readonly sequences: ReadonlyMap<string, Document[]> } {
  const sequences = new Map<string, Document[]>();
  const body = bodyBytes(message);
  for (let at = 21 + body.length; at < message.length && message[at] === 1;) {
    const end = at + 1 + message.readInt32LE(at + 1);
    const nameEnd = message.indexOf(0, at + 5);
    const documents: Document[] = [];
    for (let start = nameEnd + 1; start < end;) {
      const length = message.readInt32LE(start);
      documents.push(BSON.deserialize(message.subarray(start, start + length), { promoteValues: false }));
      start += length;
    }
    sequences.set(message.toString('utf8', at + 5, nameEnd), documents);
    at = end;
  }
  return { body: BSON.deserialize(body, { promoteValues: false }), sequences };
}

function pack(document: Document, request: number, responseTo: number): Buffer {
  const bytes = BSON.serialize(document);
  const header = Buffer.alloc(21);
  for (const [index, value] of [21 + bytes.length, request, responseTo, opMsg, 0].entries()) {
    header.writeInt32LE(value, index * 4);
  }
  return Buffer.concat([header, bytes]);
}

/** The answer to a greeting says something else; every other answer stays as it is. */
function greetAs(message: Buffer, greeting: Document): Buffer {
  if (!message.includes('maxWireVersion\0')) return message;
  const at = message.readInt32LE(12) === opQueryReply ? 36 : 21;
  const hello = BSON.deserialize(message.subarray(at, at + message.readInt32LE(at)), { promoteValues: false });
  const bytes = BSON.serialize({ ...hello, ...greeting });
  const changed = Buffer.concat([message.subarray(0, at), bytes]);
  changed.writeInt32LE(changed.length, 0);
  return changed;
}
