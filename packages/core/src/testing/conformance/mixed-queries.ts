import type { UsageQuery } from '../../storage/usage-store.ts';

/** When the records these queries are about were made: some of the queries begin or end at the very millisecond. */
export const queryInstants: readonly Date[] = ['2026-11-01', '2026-11-10', '2026-11-20', '2026-12-01'].map(
  (day) => new Date(day),
);

/** Every kind of query, alone and combined. */
export const mixedQueries: readonly UsageQuery[] = [
  {},
  { userId: 'user-1' },
  { userId: null },
  { userId: '' },
  { userId: 'nobody' },
  { tenantId: 'tenant-1' },
  { conversationId: 'conversation-1' },
  { messageId: 'message-2' },
  { model: 'model-a' },
  { model: 'model-c' },
  { tags: { feature: 'chat' } },
  { tags: { feature: 'chat', plan: 'paid' } },
  { tags: { plan: 'pai' } },
  { tags: { feature: 'free' } },
  { from: new Date('2026-11-10') },
  { to: new Date('2026-11-20') },
  { from: new Date('2026-11-10'), to: new Date('2026-11-20') },
  { userId: 'user-1', tenantId: 'tenant-2' },
  { userId: 'user-2', from: new Date('2026-11-10T00:00:00.001Z') },
  { userId: null, to: new Date('2026-11-20') },
  // Stores keep sums for a time, or for a tenant: the other parts hold beside them.
  { tenantId: 'tenant-1', from: new Date('2026-11-10'), to: new Date('2026-12-01') },
  { tenantId: 'tenant-2', conversationId: 'conversation-2', messageId: 'message-3' },
  { tenantId: 'tenant-2', conversationId: 'conversation-1' },
  { conversationId: 'conversation-1', model: 'model-b', from: new Date('2026-11-20') },
  { messageId: 'message-1', tags: { feature: 'chat' }, to: new Date('2026-11-20') },
  { userId: 'user-3', conversationId: 'conversation-2', messageId: 'message-1' },
  { userId: 'user-1', tags: { feature: 'title' }, model: 'model-b', tenantId: 'tenant-1' },
];
