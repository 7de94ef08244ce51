import { callApp } from '../call-app.ts';
import { MeterError } from '../errors.ts';
import type { Settlement } from './delivery/unsettled-records.ts';

/** Ties each request of a serverless platform to the record of its call. */
export interface RequestPromises {
  started(attemptId: string): void;
  /** To be called when the records, if there are any, were handed to the recorder. */
  ended(attemptId: string, recordIds: readonly string[]): void;
}

/** Longer than platforms wait after a response. */
const deadlineMs = 60_000;

/**
 * Hands `waitUntil` a promise while the request is being handled, where platforms want it, long before there is a record.
 * The promise resolves when the record is durable, and never rejects.
 */
export function createRequestPromises(
  waitUntil: ((promise: Promise<unknown>) => void) | undefined,
  whenStored: (ids: readonly string[], timeoutMs: number) => Promise<Settlement>,
  onError: (error: MeterError) => void,
): RequestPromises {
  const open = new Map<string, () => void>();
  const failed = (cause: unknown): void => {
    const message = 'waitUntil threw; the record is still stored if the process lives on';
    onError(new MeterError('metering_failed', message, { cause }));
  };
  return {
    started(attemptId) {
      if (waitUntil === undefined) return;
      callApp(() => waitUntil(new Promise<void>((resolve) => open.set(attemptId, resolve))), failed);
    },
    ended(attemptId, recordIds) {
      const resolve = open.get(attemptId);
      if (resolve === undefined) return;
      open.delete(attemptId);
      void whenStored(recordIds, deadlineMs).then(resolve);
    },
  };
}
