import { MongoClient } from 'mongodb';

/**
 * Connects before Nest builds anything: Nest would log a stack trace and the whole state of the driver.
 *
 * @throws Error that names the variable, without the password that may be in it.
 */
export async function connectDatabase(mongoUri: string): Promise<MongoClient> {
  try {
    return await new MongoClient(mongoUri).connect();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`no database at MONGODB_URI: ${reason}`, { cause });
  }
}
