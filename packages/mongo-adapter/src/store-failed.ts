import { isMeterError, MeterError } from '@kilotoken/core';

/** The failure an app hears of when its records could not be stored for now. */
export function storeFailed(attempted: string, cause: unknown): MeterError {
  const problem = cause instanceof Error ? cause.message : String(cause);
  return new MeterError('store_failed', `mongoStore: ${attempted}: ${problem}`, { cause });
}

/** Gives a failure the error of the contract, which says what could not be done. */
export async function attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failed(what, error);
  }
}

/** The failure, as the error of the contract. */
export function failed(what: string, error: unknown): Error {
  return isMeterError(error) ? error : storeFailed(`cannot ${what}`, error);
}
