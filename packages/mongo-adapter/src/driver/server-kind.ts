import type { Db } from 'mongodb';

/** What a server says of itself. */
export interface ServerKind {
  /** 9 is MongoDB 4.4, 25 is 8.0. */
  readonly wireVersion: number;
  /** False through a mongos or another router: then documents may be on several shards. */
  readonly isOneLog: boolean;
}

/** Asks once what the server is, when somebody first wants to know; after a failure again. */
export function serverKind(db: Db): () => Promise<ServerKind> {
  let answer: Promise<ServerKind> | undefined;
  const ask = async (): Promise<ServerKind> => {
    const hello = await db.admin().command({ hello: 1 });
    return {
      wireVersion: Number(hello['maxWireVersion']),
      isOneLog: hello['msg'] !== 'isdbgrid' && hello['serviceId'] === undefined,
    };
  };
  return async () => {
    answer ??= ask();
    try {
      return await answer;
    } catch (error) {
      answer = undefined;
      throw error;
    }
  };
}
