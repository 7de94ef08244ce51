import type { MongoClient } from 'mongodb';

/** CPU time used so far, in milliseconds: on a busy machine it says more than a clock. */
export interface CpuTime {
  readonly here: number;
  readonly server: number;
}

/** CPU time of this process and of the mongod (on Linux and macOS, where it tells). */
export async function cpuTime(client: MongoClient): Promise<CpuTime> {
  const status = await client.db('admin').command({ serverStatus: 1 });
  const { user_time_us: serverUser = 0, system_time_us: serverSystem = 0 } = Object(status['extra_info']) as Record<
    string,
    unknown
  >;
  const { user, system } = process.cpuUsage();
  return { here: (user + system) / 1000, server: (Number(serverUser) + Number(serverSystem)) / 1000 };
}
