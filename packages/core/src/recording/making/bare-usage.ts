/**
 * A copy of a usage object for the record: numbers, and what names something, as the provider sent them.
 *
 * What a provider puts there besides is left out. Text might be that of a prompt or an answer, which is never stored:
 * a string stays where it is one word of printable ASCII. And what is nested or long beyond any usage object would
 * overflow the stack, or be a record that no store takes.
 *
 * A copy also because the host may have got the very object, and may change it before it is stored.
 */
export function bareUsage(usage: unknown): unknown {
  membersLeft = maxMembers;
  return kept(usage, maxDepth);
}

const maxDepth = 8;
const maxMembers = 1000;
const maxNameLength = 100;
/** Counts and amounts in strings, tiers, ids, models, dates. */
const word = /^[!-~]{0,100}$/;
let membersLeft = 0;

/** `undefined`: to be left out. */
function kept(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return word.test(value) ? value : undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return undefined;
  if (Array.isArray(value)) {
    membersLeft -= value.length;
    // JSON would write null for what is left out; so it is the same in memory.
    return membersLeft < 0 ? undefined : (value as unknown[]).map((member) => kept(member, depth - 1) ?? null);
  }
  const names = Object.keys(value);
  membersLeft -= names.length;
  if (membersLeft < 0) return undefined;
  const copy: Record<string, unknown> = { ...value };
  for (const name of names) {
    const member = copy[name];
    if (typeof member !== 'object' && typeof member !== 'string' && name.length <= maxNameLength) continue;
    const own = name.length > maxNameLength ? undefined : kept(member, depth - 1);
    if (own === undefined) delete copy[name];
    else copy[name] = own;
  }
  return copy;
}
