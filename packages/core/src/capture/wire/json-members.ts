/** One member of a JSON object, as positions in its text. `end` is exclusive. */
export interface JsonMember {
  readonly name: string;
  /** Where the name's opening quote stands. */
  readonly nameStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/**
 * Finds members at the top level of a JSON object without parsing or copying the rest.
 *
 * Strings are skipped by native search, so a prompt of megabytes costs little. Of repeated names the last counts, as
 * in `JSON.parse`. The text between is not validated; what a lenient scan lets pass is still the host's own text.
 *
 * @param text - JSON text, pretty-printed or not.
 * @param names - Members to look for.
 * @param start - Where the object begins; leading white space is allowed.
 * @returns The members found, by name, or `undefined` where the text is not a complete JSON object.
 */
export function findJsonMembers(
  text: string,
  names: ReadonlySet<string>,
  start = 0,
): ReadonlyMap<string, JsonMember> | undefined {
  const found = new Map<string, JsonMember>();
  let at = skipSpace(text, start);
  if (text.charCodeAt(at) !== OPEN_BRACE) return undefined;
  at = skipSpace(text, at + 1);
  if (text.charCodeAt(at) === CLOSE_BRACE) return found;
  for (;;) {
    if (text.charCodeAt(at) !== QUOTE) return undefined;
    const nameStart = at;
    const nameEnd = skipString(text, at);
    if (nameEnd < 0) return undefined;
    at = skipSpace(text, nameEnd);
    if (text.charCodeAt(at) !== COLON) return undefined;
    const valueStart = skipSpace(text, at + 1);
    const valueEnd = skipValue(text, valueStart);
    if (valueEnd < 0) return undefined;
    const name = nameOf(text, nameStart, nameEnd);
    if (name === undefined) return undefined;
    if (names.has(name)) found.set(name, { name, nameStart, valueStart, valueEnd });
    at = skipSpace(text, valueEnd);
    const next = text.charCodeAt(at);
    if (next === CLOSE_BRACE) return found;
    if (next !== COMMA) return undefined;
    at = skipSpace(text, at + 1);
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

function nameOf(text: string, start: number, end: number): string | undefined {
  const raw = text.slice(start + 1, end - 1);
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(text.slice(start, end)) as string;
  } catch {
    return undefined;
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at += 1;
  }
}

/** From the opening quote to behind the closing one; -1 where there is none. */
function skipString(text: string, from: number): number {
  let at = from + 1;
  for (;;) {
    at = text.indexOf('"', at);
    if (at < 0) return -1;
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1;
    at += 1;
    if (backslashes % 2 === 0) return at;
  }
}

function skipValue(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return skipString(text, from);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return skipContainer(text, from);
  let at = from;
  while (at < text.length && !endsLiteral(text.charCodeAt(at))) at += 1;
  return at > from && at < text.length ? at : -1;
}

function skipContainer(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = skipString(text, at);
      if (at < 0) return -1;
      continue;
    }
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth += 1;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
    at += 1;
  }
  return -1;
}

function endsLiteral(code: number): boolean {
  return (
    code === COMMA ||
    code === CLOSE_BRACE ||
    code === CLOSE_BRACKET ||
    code === 0x20 ||
    code === 0x0a ||
    code === 0x0d ||
    code === 0x09
  );
}
