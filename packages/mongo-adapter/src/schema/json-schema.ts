import type { MessagesOptions, UsersOptions } from '../options.ts';
import { messageLayout } from '../messages/message-fields.ts';
import { userLayout } from '../users/user-fields.ts';

/** A part of a `$jsonSchema`. */
export interface JsonSchema {
  readonly bsonType?: string | readonly string[];
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly [keyword: string]: unknown;
}

/** Schemas of the usage fields, for the validators of the app's collections. */
export interface SchemaFragments {
  /** For the users. */
  readonly users: { readonly properties: Readonly<Record<string, JsonSchema>> };
  /** For the messages. */
  readonly messages: { readonly properties: Readonly<Record<string, JsonSchema>> };
}

/**
 * Returns the schemas of the usage fields, for the `$jsonSchema` validators of users and messages. No field is required: existing users,
 * and messages without usage, stay valid.
 *
 * `strict` allows only 32-bit and 64-bit integers, except for the cost of a message. Default `false`: totals of an older implementation
 * may be doubles.
 *
 * @example
 * ```ts
 * const validator = mergeValidator(existing, schemaFragments().users);
 * await db.command({ collMod: 'users', validator });
 * ```
 */
export function schemaFragments(
  options: { readonly users?: UsersOptions; readonly messages?: MessagesOptions; readonly strict?: boolean } = {},
): SchemaFragments {
  const { users = {}, messages = {}, strict = false } = options;
  const layout = userLayout(users);
  const bsonType = strict ? ['long', 'int'] : ['int', 'long', 'double', 'decimal'];
  const total = { bsonType, minimum: 0 };
  // A correction may bring a sum below what was there before.
  const cost = { bsonType };
  // The app's driver makes doubles of the plain numbers that `messageUsageFields` gives.
  const messageCost = { bsonType: strict ? [...bsonType, 'double'] : bsonType };
  return {
    users: {
      properties: nested([...named(layout.fields, total, cost), [layout.guard, { bsonType: 'object' }]]),
    },
    messages: {
      properties: nested([
        ...named(messageLayout(messages.fields), total, messageCost),
        [messages.guard ?? '_kt', { bsonType: 'object' }],
      ]),
    },
  };
}

/**
 * Returns the validator with the usage fields added to its `$jsonSchema`, so that they are allowed even with
 * `additionalProperties: false`. A field that the validator already describes keeps its description. The original is not changed;
 * apply the result with `collMod`.
 *
 * @example
 * ```ts
 * const [users] = await db.listCollections({ name: 'users' }).toArray();
 * await db.command({ collMod: 'users', validator: mergeValidator(users.options.validator, schemaFragments().users) });
 * ```
 */
export function mergeValidator(
  existing: Readonly<Record<string, unknown>> | undefined,
  fragment: { readonly properties: Readonly<Record<string, JsonSchema>> },
): Record<string, unknown> {
  // A schema that stands in $and refuses what it does not know, whatever stands beside it.
  const parts = existing?.['$jsonSchema'] === undefined ? (existing?.['$and'] as Validator[] | undefined) : undefined;
  if (parts?.some(hasSchema) === true) {
    return { ...existing, $and: parts.map((part) => (hasSchema(part) ? mergeValidator(part, fragment) : part)) };
  }
  const schema = (existing?.['$jsonSchema'] ?? {}) as JsonSchema;
  return { ...existing, $jsonSchema: { ...schema, properties: merged(schema.properties, fragment.properties) } };
}

type Validator = Readonly<Record<string, unknown>>;

function hasSchema(validator: Validator): boolean {
  return '$jsonSchema' in validator || (Array.isArray(validator['$and']) && validator['$and'].some(hasSchema));
}

function merged(
  existing: Readonly<Record<string, JsonSchema>> | undefined,
  added: Readonly<Record<string, JsonSchema>>,
): Record<string, JsonSchema> {
  const result: Record<string, JsonSchema> = { ...existing };
  for (const [name, schema] of Object.entries(added)) {
    const own = result[name];
    if (own === undefined) result[name] = schema;
    else if (schema.properties !== undefined) {
      result[name] = { ...own, properties: merged(own.properties, schema.properties) };
    }
  }
  return result;
}

function named(
  fields: Readonly<Record<string, string | false>>,
  total: JsonSchema,
  cost: JsonSchema,
): [string, JsonSchema][] {
  return Object.entries(fields).flatMap(([field, name]) =>
    typeof name === 'string' ? [[name, field === 'picoUsd' ? cost : total] as [string, JsonSchema]] : [],
  );
}

/** A name with dots is a field of an object. */
function nested(entries: readonly (readonly [string, JsonSchema])[]): Record<string, JsonSchema> {
  let properties: Record<string, JsonSchema> = {};
  for (const [path, schema] of entries) {
    const wrapped = path
      .split('.')
      .reduceRight<JsonSchema>((inner, name) => ({ bsonType: 'object', properties: { [name]: inner } }), schema);
    const [first = ''] = path.split('.');
    properties = merged(properties, path.includes('.') ? (wrapped.properties ?? {}) : { [first]: schema });
  }
  return properties;
}
