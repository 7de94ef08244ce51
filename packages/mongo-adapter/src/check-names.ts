import { invalidOption, wrongOption } from './option-errors.ts';

/** Checks the name of a database, by the rules of the servers on all systems. */
export function checkDatabaseName(value: string): void {
  // eslint-disable-next-line no-control-regex -- null bytes are the point here
  if (value === '' || /[\s."$/\\*<>:|?\u0000]/.test(value)) {
    throw wrongOption('db', 'the name of a database, without spaces, dots or special characters', value);
  }
}

/** Checks the name of a collection. */
export function checkCollectionName(option: string, value: unknown): void {
  const isName = isText(value) && !/\$|\.\.|^\.|\.$|^system\./.test(value);
  if (!isName) throw wrongOption(option, 'a name MongoDB accepts for a collection', value);
}

/** Checks the name of a field, which may be one of an object: `stats.tokens`. */
export function checkFieldName(option: string, value: unknown): void {
  const isName = isText(value) && value.split('.').every((part) => part !== '' && !part.startsWith('$'));
  if (!isName) throw wrongOption(option, 'a name: a non-empty string, with no part that begins with "$"', value);
}

/** Checks that no field of a document is in another one's place: an update could not change both. */
export function checkFieldsApart(what: string, names: readonly string[]): void {
  const sorted = names.toSorted();
  for (const [index, name] of sorted.entries()) {
    if (sorted[index + 1] === name) throw invalidOption(`${what}: field "${name}" is named twice`);
    const inner = sorted.find((other) => other.startsWith(`${name}.`));
    if (inner !== undefined) throw invalidOption(`${what}: fields "${name}" and "${inner}" overlap`);
  }
}

/** Checks that our collections are not each other's and not the app's. */
export function checkCollectionsApart(ours: readonly string[], theirs: readonly string[]): void {
  const twice = ours.find((name, index) => ours.indexOf(name) !== index || theirs.includes(name));
  if (twice !== undefined) throw invalidOption(`collection "${twice}" is named twice`);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes('\0');
}
