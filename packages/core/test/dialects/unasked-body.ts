/** What a server adds to a stream because it was asked for usage, see {@link unaskedBody}. */
export interface AskedAdditions {
  /** Also real usage on chunks with choices. */
  readonly realUsage: boolean;
}

/**
 * The stream a server sends where nobody asked for usage, made of the one it sends when asked: without the event that
 * has usage and no choices, and without `usage` members of null.
 *
 * Slow and plain on purpose, and without a line of the code under test: each event is parsed whole, and a member is cut
 * by trying every place where it could stand until the rest parses to the same object without it.
 */
export function unaskedBody(asked: string, { realUsage }: AskedAdditions): string {
  const pieces = asked.split(/(?<=\r\n\r\n|[^\r]\n\n|\r\r)/);
  return pieces.map((event) => unaskedEvent(event, realUsage)).join('');
}

function unaskedEvent(event: string, cutsRealUsage: boolean): string {
  const line = event.split(/[\r\n\uFEFF]+/).find((candidate) => candidate.startsWith('data:'));
  const json = line?.slice('data:'.length).trim();
  if (json === undefined || json === '[DONE]') return event;
  const chunk = JSON.parse(json) as { usage?: object | null; choices?: unknown[] };
  if (chunk.usage === undefined) return event;
  if (chunk.usage !== null && chunk.choices?.length === 0) return '';
  if (chunk.usage !== null && !cutsRealUsage) return event;
  return event.replace(json, () => withoutUsage(json));
}

function withoutUsage(json: string): string {
  const { usage: _, ...others } = JSON.parse(json) as { usage: unknown };
  const expected = JSON.stringify(others);
  // With the comma before it; the first member has none, there the one behind it goes.
  for (const start of [/,\s*"usage"\s*:/g, /"usage"\s*:/g]) {
    for (const { index } of json.matchAll(start)) {
      for (let end = index + 1; end < json.length; end += 1) {
        const rest = json.slice(0, index) + json.slice(end);
        if (parsesTo(rest, expected)) return rest;
      }
    }
  }
  throw new Error(`The fixture writes its usage in a way this reference does not know: ${json}`);
}

function parsesTo(json: string, expected: string): boolean {
  try {
    return JSON.stringify(JSON.parse(json)) === expected;
  } catch {
    return false;
  }
}
