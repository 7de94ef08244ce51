import type { AnswerReader } from './attempt.ts';
import { createEventBorders } from './event-borders.ts';
import { readEventData } from './sse-event.ts';
import type { EventData } from './sse-event.ts';

/**
 * Shows the reader the events of a kept piece of a stream, as far as they may tell it something new. A piece may begin
 * and end within an event; such a fragment is passed over.
 *
 * @param isSampled - Show them as samples for an estimate, too.
 * @returns Whether the stream's own end mark, `data: [DONE]`, is among them.
 */
export function readEvents(bytes: Uint8Array, reader: AnswerReader, isSampled: boolean): boolean {
  let hasEndMark = false;
  let from = 0;
  const ends = createEventBorders().find(bytes);
  if (ends.at(-1) !== bytes.length) ends.push(bytes.length);
  for (const end of ends) {
    const event = bytes.subarray(from, end);
    from = end;
    const data = readEventData(event);
    if (data === undefined) continue;
    if (data.text.trim() === '[DONE]') {
      hasEndMark = true;
      continue;
    }
    if (!data.isError && !reader.mayLearn(data.text)) continue;
    const payload = readPayload(data);
    if (payload === undefined) continue;
    reader.see(payload);
    if (isSampled) reader.sample(payload, event.length);
  }
  return hasEndMark;
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
