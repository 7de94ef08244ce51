import type { BodyReader, ReadResult } from './body-reader.ts';

/**
 * Refuses a read under way for readers that cannot be released within one: those of workerd, and a Node stream, which has
 * none. What the read would have given is the next one's.
 */
export function refusableReader(reader: Omit<BodyReader, 'refuse'>): BodyReader {
  let underway: Promise<ReadResult> | undefined;
  let refuseRead: ((error: unknown) => void) | undefined;
  let refuseClosed: ((error: unknown) => void) | undefined;
  const next = async (): Promise<ReadResult> => {
    try {
      return await reader.read();
    } finally {
      underway = undefined;
    }
  };
  return {
    get closed() {
      return new Promise((resolve, reject) => {
        refuseClosed = reject;
        reader.closed.then(resolve, reject);
      });
    },
    read: () =>
      new Promise((resolve, reject) => {
        refuseRead = reject;
        underway ??= next();
        underway.then(resolve, reject);
      }),
    cancel: (reason) => reader.cancel(reason),
    releaseLock: () => reader.releaseLock(),
    refuse() {
      const error = new TypeError('The reader was released.');
      refuseRead?.(error);
      refuseClosed?.(error);
    },
  };
}
