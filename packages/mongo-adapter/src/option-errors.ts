import { MeterError } from '@kilotoken/core';

/** The error for options that cannot work. */
export function invalidOption(problem: string): MeterError {
  return new MeterError('invalid_options', `mongoStore: ${problem}`);
}

/** The error for an option of the wrong kind: what it must be, and what it is. */
export function wrongOption(option: string, expected: string, value: unknown): MeterError {
  return invalidOption(`${option} must be ${expected}, got ${shown(value)}`);
}

/** A value in an error. A connection string may hold a password, and is not shown. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value !== 'string') return String(value);
  return value.includes('://') ? 'a connection string' : JSON.stringify(value);
}
