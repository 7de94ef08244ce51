import { MeterError } from '@kilotoken/core';
import { gotText } from '@kilotoken/core/store-kit';

/** The error for options that cannot work. */
export function invalidOption(problem: string): MeterError {
  return new MeterError('invalid_options', `mongoStore: ${problem}`);
}

/** The error for an option of the wrong kind: what it must be, and what it is. */
export function wrongOption(option: string, expected: string, value: unknown): MeterError {
  return invalidOption(`${option} must be ${expected}, got ${gotText(value)}`);
}
