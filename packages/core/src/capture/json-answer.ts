import type { AnswerReader } from './attempt.ts';

/** Up to this length a plain answer is parsed whole; above it (images, embeddings) only its usage is. */
const wholeLimit = 16 * 1024;
const endBytes = 16 * 1024;

/** Shows the reader the JSON text of a plain answer. */
export function readJsonAnswer(text: string, reader: AnswerReader): void {
  if (text.length <= wholeLimit) {
    const payload = parseJson(text);
    if (payload !== undefined) reader.see(payload);
    return;
  }
  const usage = usageObjectIn(text) ?? {};
  const head = text.slice(0, 2048);
  reader.see({ ...namesIn(text.slice(-2048)), ...namesIn(head), ...objectNamesIn(head), ...usage });
}

/** Shows the reader the usage that stands near the end of a very long event or answer, without parsing the rest. */
export function readUsageFromEnd(bytes: Uint8Array, reader: AnswerReader): void {
  const usage = usageObjectIn(new TextDecoder().decode(bytes.subarray(-endBytes)));
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

/** The last `usage` member whose value is an object, as `{ usage }`. */
function usageObjectIn(text: string): { readonly usage: unknown } | undefined {
  let at = text.lastIndexOf('"usage"');
  while (at >= 0) {
    const brace = /^"usage"\s*:\s*(?=\{)/.exec(text.slice(at, at + 64));
    if (brace !== null) {
      const start = at + brace[0].length;
      const usage = parseJson(text.slice(start, objectEnd(text, start)));
      if (usage !== undefined) return { usage };
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
