import { wrongField } from '../wrong-option.ts';

/**
 * Whose usage is read.
 *
 * @example
 * ```ts
 * const subject: UsageSubject = { userId: 'u1', tenantId: 'acme' };
 * ```
 */
export interface UsageSubject {
  /** The user, as in `meter.track`; not empty. */
  readonly userId: string;
  /** Reads only the user's usage in this tenant. In apps without tenants leave it out; then all of the user's usage is read. */
  readonly tenantId?: string;
}

/**
 * Reads a subject from what the app handed over, and takes nothing but two plain strings from it.
 *
 * A `tenantId` that is there and `undefined` is refused: read as "no tenant" it would show the sum over all tenants.
 *
 * @throws MeterError `invalid_options`, naming the part that is wrong.
 */
export function checkSubject(what: string, subject: UsageSubject): UsageSubject {
  if (typeof subject !== 'object' || subject === null) throw wrongField(what, '{ userId }', subject);
  const { userId } = subject;
  if (typeof userId !== 'string' || userId === '') throw wrongField(`${what}: userId`, 'a non-empty string', userId);
  if (!('tenantId' in subject)) return { userId };
  const { tenantId } = subject;
  if (typeof tenantId !== 'string' || tenantId === '') {
    const expected = 'a non-empty string, or no such member if there are no tenants';
    throw wrongField(`${what}: tenantId`, expected, tenantId);
  }
  return { userId, tenantId };
}
