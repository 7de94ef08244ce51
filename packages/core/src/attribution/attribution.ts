/**
 * Whose call it was. All parts are optional and opaque to the meter.
 *
 * @example
 * ```ts
 * const attribution: Attribution = { userId: 'u1', conversationId: 'c1', messageId: 'm1', tags: { feature: 'chat' } };
 * ```
 */
export interface Attribution {
  /** The user the call is counted for. Records without it are stored, and belong to no user's totals. */
  readonly userId?: string;
  /** The customer or workspace the user belongs to, in apps that have such. */
  readonly tenantId?: string;
  /** The conversation, thread or session. */
  readonly conversationId?: string;
  /** The message the answer becomes in the app. Several calls may share one. */
  readonly messageId?: string;
  /** Free labels, for example `{ feature: 'chat' }`. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** A copy of what the app said. What it left undefined it did not say. */
export function copyAttribution(said: Attribution): Attribution {
  return JSON.parse(JSON.stringify(said)) as Attribution;
}
