const marker = Symbol.for('kilotoken.MeterError');

/**
 * What went wrong. `invalid_options`: an option is wrong (thrown at creation). `store_failed`: the store could not take records
 * yet. `record_rejected`: the store refused a record for good. `record_dropped`: a record was lost because memory was full.
 * `journal_failed`: the journal could not write or read a record. `sink_failed`: a sink did not take records. `metering_failed`: a
 * call could not be metered; it went out all the same. `closed`: used after `close()`. `unsupported`: this runtime lacks what the
 * feature needs.
 */
export type MeterErrorCode =
  | 'invalid_options'
  | 'store_failed'
  | 'record_rejected'
  | 'record_dropped'
  | 'journal_failed'
  | 'sink_failed'
  | 'metering_failed'
  | 'closed'
  | 'unsupported';

/**
 * Base class of all errors of this package. Check for it with {@link isMeterError}, not with `instanceof`: the package can be
 * loaded twice, as an ES module and as CommonJS.
 *
 * @example
 * ```ts
 * try {
 *   createMeter({ stor: memoryStore() } as never);
 * } catch (error) {
 *   if (isMeterError(error) && error.code === 'invalid_options') console.error(error.message);
 * }
 * ```
 */
export class MeterError extends Error {
  /** What went wrong, as a code to test for. */
  readonly code: MeterErrorCode;

  constructor(code: MeterErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'MeterError';
    this.code = code;
    Object.defineProperty(this, marker, { value: true });
  }

  /** For JSON logs: the message of an error is not enumerable otherwise. */
  toJSON(): { readonly name: string; readonly code: MeterErrorCode; readonly message: string } {
    return { name: this.name, code: this.code, message: this.message };
  }
}

/**
 * Tells whether a value is an error of this package, whichever copy of the package created it.
 *
 * @example
 * ```ts
 * if (isMeterError(error)) report(error.code);
 * ```
 */
export function isMeterError(error: unknown): error is MeterError {
  return typeof error === 'object' && error !== null && marker in error;
}
