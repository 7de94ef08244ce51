import { classified } from './server-errors.ts';

/**
 * Runs a command of the driver, and gives up on it after a while: a hung socket would hold everything up, and writes
 * cannot be called back. The command may still be executed later.
 */
export async function withDeadline<T>(what: string, timeoutMs: number, command: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} was not answered within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([command(), deadline]);
  } catch (error) {
    throw classified(error);
  } finally {
    clearTimeout(timer);
  }
}
