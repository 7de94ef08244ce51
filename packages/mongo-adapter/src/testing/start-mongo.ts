import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { startMember } from './mongo-member.ts';
import type { MongoMember } from './mongo-member.ts';
import { mongodBinary } from './mongod-binary.ts';

export type { MongoMember } from './mongo-member.ts';

/** Options of {@link startMongo}. */
export interface StartMongoOptions {
  /** 0: a standalone server. 1 or 3: a replica set with that many members. Default 1. */
  readonly members?: 0 | 1 | 3;
  /** Further arguments for each mongod, such as `['--auth']`. Default: none. */
  readonly args?: readonly string[];
  /** Folder for the data; each server gets a folder in it. Default: the system's folder for temporary files. */
  readonly folder?: string;
}

/** A running MongoDB for tests: real, on WiredTiger, on loopback ports, with failpoints enabled. */
export interface TestMongo {
  /** Connection string of the server or the whole set. */
  readonly uri: string;
  /** The processes, in a fixed order. */
  readonly members: readonly MongoMember[];
  /** Kills all processes and removes their data. */
  stop(): Promise<void>;
}

/**
 * Starts a real mongod, or a replica set, with the binary that {@link mongodBinary} finds.
 *
 * @throws Error if there is no binary, or it does not start.
 * @example
 * ```ts
 * const mongo = await startMongo({ members: 1 });
 * const client = new MongoClient(mongo.uri);
 * // ...
 * await client.close();
 * await mongo.stop();
 * ```
 */
export async function startMongo(options: StartMongoOptions = {}): Promise<TestMongo> {
  const { members: count = 1, args = [], folder: parent = tmpdir() } = options;
  const binary = await mongodBinary();
  const folder = mkdtempSync(join(parent, 'kilotoken-mongo-'));
  const setName = count === 0 ? undefined : 'kilotoken';
  const members: MongoMember[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(members.map((member) => member.kill('SIGKILL')));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    members.push(
      ...(await Promise.all(
        Array.from({ length: Math.max(count, 1) }, (_, index) =>
          startMember({ binary, setName, args, folder: join(folder, String(index)) }),
        ),
      )),
    );
    if (setName !== undefined) await initiate(members, setName);
  } catch (error) {
    await stop();
    throw error;
  }
  const hosts = members.map(({ host }) => host).join(',');
  return { uri: `mongodb://${hosts}/${setName === undefined ? '' : `?replicaSet=${setName}`}`, members, stop };
}

async function initiate(members: readonly MongoMember[], setName: string): Promise<void> {
  const [first] = members;
  if (first === undefined) return;
  const direct = new MongoClient(`mongodb://${first.host}/?directConnection=true`);
  try {
    await direct.db('admin').command({
      replSetInitiate: {
        _id: setName,
        members: members.map(({ host }, index) => ({ _id: index, host, priority: index === 0 ? 2 : 1 })),
        settings: { electionTimeoutMillis: 2000, heartbeatIntervalMillis: 500 },
      },
    });
  } finally {
    await direct.close();
  }
  const hosts = members.map(({ host }) => host).join(',');
  const client = new MongoClient(`mongodb://${hosts}/?replicaSet=${setName}`);
  try {
    // Waits for a primary, and for a majority that takes its write.
    await client
      .db('admin')
      .collection('kilotoken')
      .insertOne({ ready: true }, { writeConcern: { w: members.length, wtimeout: 60_000 } });
    await client.db('admin').collection('kilotoken').drop();
  } finally {
    await client.close();
  }
}
