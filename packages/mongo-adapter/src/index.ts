// The store
export { mongoStore } from './mongo-store.ts';
export type { MongoStore } from './mongo-store-type.ts';
export type {
  AppDocuments,
  CollectionNames,
  DriverClient,
  DriverDb,
  MessagesOptions,
  MongoStoreOptions,
  Orphan,
  UsersOptions,
} from './options.ts';
export type { BackfillOptions, BackfillProgress } from './maintenance/backfill-options.ts';
export type { EraseOptions, Erasure } from './maintenance/erase-user.ts';
export type { UserFigures } from './maintenance/user-ledger.ts';
export type { UserVerdict } from './maintenance/verify-users.ts';
export type { MessageFields } from './messages/message-fields.ts';
export type { UserFields } from './users/user-fields.ts';

// The app's own documents
export { messageUsageFields } from './messages/message-usage-fields.ts';
export { initialUsage, readUsage, usageProjection } from './users/user-usage.ts';
export type { UserNames, UserUsage } from './users/user-usage.ts';
export { mergeValidator, schemaFragments } from './schema/json-schema.ts';
export type { JsonSchema, SchemaFragments } from './schema/json-schema.ts';
