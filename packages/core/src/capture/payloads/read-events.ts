import { lastByteSearch } from '../wire/byte-search.ts';
import type { LastByteSearch } from '../wire/byte-search.ts';
import { createEventBorders } from '../wire/event-borders.ts';
import { readEventData } from '../wire/sse-event.ts';
import type { EventData } from '../wire/sse-event.ts';
import type { AnswerReader } from './answer-reader.ts';

/**
 * Shows the reader the events of a kept piece of a stream, as far as they may tell it something new. A piece may begin
 * and end within an event; such a fragment is passed over.
 *
 * @param isSampled - Show them as samples for an estimate, too.
 * @param wantsEndMark - Whether the stream's own end mark, `data: [DONE]`, is looked for.
 * @returns Whether it is among them.
 */
export function readEvents(
  bytes: Uint8Array,
  reader: AnswerReader,
  isSampled: boolean,
  wantsEndMark: boolean,
): boolean {
  if (!mayBeNews(bytes, reader) && (!wantsEndMark || findEndMark(bytes) < 0)) return false;
  let hasEndMark = false;
  let from = 0;
  const ends = createEventBorders().find(bytes);
  if (ends.at(-1) !== bytes.length) ends.push(bytes.length);
  for (let index = 0; index < ends.length; index += 1) {
    const end = ends[index] ?? bytes.length;
    const event = bytes.subarray(from, end);
    from = end;
    const isNews = mayBeNews(event, reader);
    if (!isNews && (!wantsEndMark || hasEndMark || findEndMark(event) < 0)) continue;
    const data = readEventData(event);
    if (data === undefined) continue;
    if (data.text.trim() === '[DONE]') {
      hasEndMark = true;
      continue;
    }
    if (!isNews) continue;
    const payload = readPayload(data);
    if (payload === undefined) continue;
    reader.see(payload);
    if (isSampled) reader.sample(payload, event.length);
  }
  return hasEndMark;
}

const findEndMark = lastByteSearch('[DONE]');
/** An error may say so by the name of its event alone. */
const findError = lastByteSearch('error');
/** By the name of a member; few names are ever open. */
const searches = new Map<string, LastByteSearch>();

/** Whether there may be something in these bytes that the reader does not know, other than a usage report. */
function mayBeNews(bytes: Uint8Array, { openMembers }: AnswerReader): boolean {
  if (openMembers === undefined || findError(bytes) >= 0) return true;
  for (let index = 0; index < openMembers.length; index += 1) {
    if (searchOf(openMembers[index] ?? '')(bytes) >= 0) return true;
  }
  return false;
}

function searchOf(name: string): LastByteSearch {
  let search = searches.get(name);
  if (search === undefined) {
    search = lastByteSearch(`"${name}"`);
    searches.set(name, search);
  }
  return search;
}

/** What an event says, as one value; `undefined` where its data are no JSON. An error says so by its name alone, too. */
export function readPayload({ text, isError }: EventData): unknown {
  const payload = parseJson(text);
  return isError ? { ...(typeof payload === 'object' ? payload : {}), type: 'error' } : payload;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
