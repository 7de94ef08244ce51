/**
 * Says whose call it was. All parts are optional; the meter stores them as they are.
 *
 * @example
 * ```ts
 * const attribution: Attribution = { userId: 'u1', conversationId: 'c1', messageId: 'm1', tags: { feature: 'chat' } };
 * ```
 */
export interface Attribution {
  /** The user for whom the call is counted. Records without it are stored, but count towards no user's totals. */
  readonly userId?: string;
  /** The customer or workspace that the user belongs to, in apps that have tenants. */
  readonly tenantId?: string;
  /** The conversation, thread or session. */
  readonly conversationId?: string;
  /** The app's message that holds the answer. Several calls may share one. */
  readonly messageId?: string;
  /** Labels of your own, for example `{ feature: 'chat' }`. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** A copy of what the app said. What it left undefined it did not say. */
export function copyAttribution(said: Attribution): Attribution {
  return JSON.parse(JSON.stringify(said)) as Attribution;
}
