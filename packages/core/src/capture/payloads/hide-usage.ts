import type { HidePolicy } from '../endpoint/provider.ts';
import { joinBytes } from '../wire/byte-search.ts';
import { findJsonMembers } from '../wire/json-members.ts';
import type { JsonMember } from '../wire/json-members.ts';
import type { EventData } from '../wire/sse-event.ts';

/**
 * Takes out of one event what asking for usage put into it, and no other byte.
 *
 * Looks at the top level of the event's JSON only: a usage report on a chunk without choices drops the event (its
 * comments stay), a `usage` of null is cut, a real report beside choices is cut only under `all usage`. An error, and what
 * Azure's filter found in the prompt, is the host's to see: of such an event only the report is cut.
 *
 * @returns The same array where nothing is to be hidden, an empty one where the whole event goes.
 */
export function hideUsage(event: Uint8Array, data: EventData, payload: unknown, hide: HidePolicy): Uint8Array {
  if (hide === 'nothing' || typeof payload !== 'object' || payload === null) return event;
  const { usage, error, prompt_filter_results: filtered } = payload as Readonly<Record<string, unknown>>;
  if (usage === undefined) return event;
  if (usage === null) return withoutMember(event, data);
  if (typeof usage !== 'object') return event;
  if (isWithoutChoices(payload)) return error || filtered ? withoutMember(event, data) : commentsOf(event);
  return hide === 'all usage' ? withoutMember(event, data) : event;
}

/** An empty list as a rule; gateways written in Go send null for it, or leave it out of what is a chunk by its own word. */
function isWithoutChoices(payload: { readonly choices?: unknown; readonly object?: unknown }): boolean {
  const { choices, object } = payload;
  if (Array.isArray(choices)) return choices.length === 0;
  return (
    (choices === null || choices === undefined) && (object === 'chat.completion.chunk' || object === 'text_completion')
  );
}

/**
 * The short cut for the shape nearly all streams have: one `data:` line, and a `usage` of null at the top level.
 *
 * @param at - Where `"usage"` stands in the event.
 * @returns `undefined` where the event has another shape and must be read properly.
 */
export function cutNullUsage(event: Uint8Array, at: number): Uint8Array | undefined {
  if (event[0] !== 0x64 || event[4] !== 0x3a || event.indexOf(LF) < at) return undefined;
  const end = nullEnd(event, at);
  if (end === undefined || !closesTopLevel(event, end)) return undefined;
  let start = at - 1;
  while (isSpace(event[start])) start -= 1;
  if (event[start] === COMMA) return without(event, start, end);
  if (event[start] !== OPEN_BRACE) return undefined;
  const next = skipSpace(event, end);
  return without(event, at, event[next] === COMMA ? next + 1 : end);
}

/** Whether `"usage"` at this place is followed by null. */
export function isNullAt(bytes: Uint8Array, at: number): boolean {
  return nullEnd(bytes, at) !== undefined;
}

const usageLength = '"usage"'.length;
const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const usageOnly: ReadonlySet<string> = new Set(['usage']);
// One code unit per byte, so that positions in the text are positions in the bytes.
const byteDecoder = new TextDecoder('latin1');

/** Where the null after `"usage"` ends; `undefined` where something else follows. */
export function nullEnd(bytes: Uint8Array, at: number): number | undefined {
  const colon = skipSpace(bytes, at + usageLength);
  if (bytes[colon] !== COLON) return undefined;
  const start = skipSpace(bytes, colon + 1);
  const isNull =
    bytes[start] === 0x6e && bytes[start + 1] === 0x75 && bytes[start + 2] === 0x6c && bytes[start + 3] === 0x6c;
  return isNull ? start + 4 : undefined;
}

/** Whether what follows closes exactly one brace before the end of the line, and nothing but line ends comes after. */
function closesTopLevel(event: Uint8Array, from: number): boolean {
  let depth = 0;
  let at = from;
  for (; at < event.length; at += 1) {
    const byte = event[at];
    if (byte === QUOTE) {
      at += 1;
      while (at < event.length && event[at] !== QUOTE) at += event[at] === BACKSLASH ? 2 : 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
      if (depth < 0) break;
    } else if (byte === LF || byte === CR) return false;
  }
  if (event[at] !== CLOSE_BRACE) return false;
  for (at += 1; at < event.length; at += 1)
    if (event[at] !== LF && event[at] !== CR && !isSpace(event[at])) return false;
  return true;
}

function withoutMember(event: Uint8Array, data: EventData): Uint8Array {
  let text = '';
  for (const [index, [start, end]] of data.lines.entries()) {
    text += (index > 0 ? '\n' : '') + byteDecoder.decode(event.subarray(start, end));
  }
  const member = findJsonMembers(text, usageOnly)?.get('usage');
  if (member === undefined) return event;
  const [start, end] = memberWithComma(text, member);
  return without(event, byteAt(data, start), byteAt(data, end));
}

/** The member with the comma before it, or, where it is the first, the one behind it. */
function memberWithComma(text: string, member: JsonMember): readonly [start: number, end: number] {
  let start = member.nameStart - 1;
  while (isSpace(text.charCodeAt(start))) start -= 1;
  if (text.charCodeAt(start) === COMMA) return [start, member.valueEnd];
  let end = member.valueEnd;
  while (isSpace(text.charCodeAt(end))) end += 1;
  return [member.nameStart, text.charCodeAt(end) === COMMA ? end + 1 : member.valueEnd];
}

/** Where a position of the joined data stands in the event's bytes. */
function byteAt(data: EventData, position: number): number {
  let left = position;
  for (const [start, end] of data.lines) {
    const length = end - start;
    if (left <= length) return start + left;
    left -= length + 1;
  }
  return data.lines.at(-1)?.[1] ?? 0;
}

// Not the event's own: that of a Buffer is a view.
const sliceOf = Uint8Array.prototype.slice;

/** Up to so many bytes are written one by one: a second view of the event costs more. */
const fewBytes = 256;

/** One copy that lacks what is cut out at its shorter side, and that side again. */
function without(event: Uint8Array, start: number, end: number): Uint8Array {
  const gap = end - start;
  const length = event.length - gap;
  const isHead = start < length - start;
  const kept = isHead ? sliceOf.call(event, gap) : sliceOf.call(event, 0, length);
  const from = isHead ? 0 : start;
  const to = isHead ? start : length;
  const shift = isHead ? 0 : gap;
  if (to - from > fewBytes) kept.set(event.subarray(from + shift, to + shift), from);
  else for (let at = from; at < to; at += 1) kept[at] = event[at + shift] ?? 0;
  return kept;
}

/** A dropped event leaves its comments behind: they were not ours. */
function commentsOf(event: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  let at = 0;
  let lastLine: Uint8Array | undefined;
  while (at < event.length) {
    let end = at;
    while (end < event.length && event[end] !== LF && event[end] !== CR) end += 1;
    end += event[end] === CR && event[end + 1] === LF ? 2 : 1;
    lastLine = event.subarray(at, Math.min(end, event.length));
    if (event[at] === COLON) pieces.push(lastLine);
    at = end;
  }
  if (pieces.length === 0) return nothing;
  if (lastLine !== undefined && (lastLine[0] === LF || lastLine[0] === CR)) pieces.push(lastLine);
  return joinBytes(pieces);
}

const nothing = new Uint8Array(0);

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at += 1;
  return at;
}

function isSpace(code: number | undefined): boolean {
  return code === 0x20 || code === 0x09 || code === LF || code === CR;
}
