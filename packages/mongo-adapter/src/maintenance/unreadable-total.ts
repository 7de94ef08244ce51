import { MeterError } from '@kilotoken/core';
import { valueAtPath } from '../documents/value-at-path.ts';
import type { UserLayout } from '../users/user-fields.ts';

const numberTypes: readonly unknown[] = ['Long', 'Int32', 'Double', 'Decimal128'];

/**
 * Totals that are set anew must have been read before: one that is text counts as 0, and would be lost.
 *
 * @throws `MeterError` `record_rejected`, naming the field.
 */
export function checkTotals(document: unknown, { fields }: UserLayout): void {
  for (const name of Object.values(fields)) {
    const value = name === false ? undefined : valueAtPath(document, name);
    const isNumber =
      typeof value === 'number' ||
      typeof value === 'bigint' ||
      numberTypes.includes(Reflect.get(Object(value), '_bsontype'));
    if (value === undefined || value === null || isNumber) continue;
    throw new MeterError(
      'record_rejected',
      `${String(name)} is ${shownValue(value)}, not a number; repair or correct it`,
    );
  }
}

/** The value as JSON, cut. */
export function shownValue(value: unknown): string {
  return JSON.stringify(value).slice(0, 80);
}
