import { findJsonMembers } from '../wire/json-members.ts';
import type { AnswerReader } from './answer-reader.ts';

/** Up to this length a plain answer is parsed whole, and up to the next of a chat all but what the model said. */
const wholeLimit = 16 * 1024;
/** Above it, and of others (images, embeddings), only usage is parsed, and names are looked for where they use to stand. */
const chatLimit = 256 * 1024;
const headChars = 2048;
/** Of a very long line: members may follow the usage. */
const endBytes = 64 * 1024;
/** Each reads to the end where there is no usage object: an answer made of such places would hold the process up for minutes. */
const maxTries = 16;

/**
 * Shows the reader the JSON text of a plain answer.
 *
 * @param isWhole - False where a piece of the middle is missing.
 */
export function readJsonAnswer(text: string, reader: AnswerReader, isWhole = true): void {
  if (text.length <= wholeLimit) {
    const payload = parseJson(text);
    if (payload !== undefined) reader.see(payload);
    return;
  }
  const head = text.slice(0, headChars);
  const isChat = isWhole && text.length <= chatLimit && head.includes('"choices"');
  const members = isChat ? membersIn(text) : undefined;
  if (members !== undefined) {
    reader.see(members);
    return;
  }
  const usage = usageObjectIn(text) ?? {};
  reader.see({ ...namesIn(text.slice(-headChars)), ...namesIn(head), ...objectNamesIn(head), ...usage });
}

/** Shows the reader the last usage in a piece of a very long event, without parsing the rest. */
export function readUsageIn(bytes: Uint8Array, reader: AnswerReader): void {
  const usage = usageObjectIn(new TextDecoder().decode(bytes));
  if (usage !== undefined) reader.see(usage);
}

/** What can be known of a batch's result line that is too long to be parsed, from its beginning and its end. */
export function readLongBatchLine(text: string): unknown {
  const head = text.slice(0, 4096);
  const bodyAt = head.search(/"body"\s*:/);
  if (bodyAt < 0) return null;
  const before = head.slice(0, bodyAt);
  const status = /"status_code"\s*:\s*(\d{3})/.exec(before)?.[1];
  const body = { ...namesIn(head.slice(bodyAt)), ...usageObjectIn(text.slice(-endBytes)) };
  return {
    ...namesIn(before, ['id', 'custom_id']),
    response: { ...namesIn(before, ['request_id']), ...(status && { status_code: Number(status) }), body },
  };
}

/** The answer without what the model said; whole, where nothing else tells of its usage. */
function membersIn(text: string): unknown {
  const found = findJsonMembers(text, toldBeside);
  if (found === undefined) return undefined;
  const members: Record<string, unknown> = {};
  for (const [name, { valueStart, valueEnd }] of found) members[name] = parseJson(text.slice(valueStart, valueEnd));
  const { usage, x_groq, timings } = members;
  // Some put it into the choices.
  return !usage && !x_groq && !timings && text.includes('"usage"') ? parseJson(text) : members;
}

const toldBeside: ReadonlySet<string> = new Set([
  'id',
  'object',
  'type',
  'model',
  'service_tier',
  'status',
  'background',
  'created_at',
  'metadata',
  'error',
  'usage',
  'x_groq',
  'timings',
  'perf_metrics',
]);

/** The last `usage` member whose value is an object, as `{ usage }`. */
function usageObjectIn(text: string): { readonly usage: unknown } | undefined {
  let at = text.lastIndexOf('"usage"');
  let tries = 0;
  while (at >= 0 && tries < maxTries) {
    const brace = /^"usage"\s*:\s*(?=\{)/.exec(text.slice(at, at + 64));
    if (brace !== null) {
      const start = at + brace[0].length;
      const usage = parseJson(text.slice(start, objectEnd(text, start)));
      if (usage !== undefined) return { usage };
      tries += 1;
    }
    at = at === 0 ? -1 : text.lastIndexOf('"usage"', at - 1);
  }
  return undefined;
}

function objectEnd(text: string, start: number): number {
  let depth = 0;
  let isString = false;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (isString) {
      if (char === '\\') at += 1;
      else if (char === '"') isString = false;
    } else if (char === '"') isString = true;
    else if (char === '{') depth += 1;
    else if (char === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}

/** What tells a stored object from other answers; it stands in front of what the model said. */
function objectNamesIn(head: string): Record<string, unknown> {
  const createdAt = /"created_at"\s*:\s*(\d{1,12})/.exec(head)?.[1];
  return {
    ...namesIn(head, ['object', 'status']),
    ...(createdAt === undefined ? {} : { created_at: Number(createdAt) }),
    background: /"background"\s*:\s*true/.test(head),
  };
}

/** Id, model and tier, where they stand plainly in a piece of a long answer. */
function namesIn(text: string, wanted = ['id', 'model', 'service_tier']): Record<string, string> {
  const names: Record<string, string> = {};
  for (const name of wanted) {
    const match = new RegExp(`"${name}"\\s*:\\s*"([^"\\\\]{1,200})"`).exec(text);
    if (match?.[1] !== undefined) names[name] = match[1];
  }
  return names;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
