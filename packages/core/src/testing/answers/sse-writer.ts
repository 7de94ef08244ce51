import { markLast } from '../mark-last.ts';
import type { WireEvent } from '../provider-answer.ts';

/** How an event stream is written. The defaults are those of OpenAI. */
export interface SseOptions {
  /** End of every line; default `'\n'`. */
  readonly lineEnd?: '\n' | '\r\n' | '\r';
  /** Starts the body with a byte order mark; default false. */
  readonly bom?: boolean;
  /** A comment before every event, such as OpenRouter's `OPENROUTER PROCESSING`; counts as part of that event. */
  readonly comment?: string;
  /** Default true; false leaves out the blank line after the last event. */
  readonly lastBlankLine?: boolean;
}

/** Names of all options of {@link SseOptions}. */
export const sseOptionNames: Readonly<Record<keyof SseOptions, true>> = {
  lineEnd: true,
  bom: true,
  comment: true,
  lastBlankLine: true,
};

/** One event before it is written down. */
export interface SseEvent {
  /** Name for the `event:` line; absent: no such line. */
  readonly event?: string;
  /** Text of the `data:` lines. */
  readonly data: string;
  /** JSON text of the usage object in `data`, where there is one. */
  readonly usage?: string;
}

/** Writes events down, one by one as they are pulled. Each becomes one wire event. */
export function* writeSse(events: Iterable<SseEvent>, options: SseOptions): Generator<WireEvent> {
  const { lineEnd = '\n', comment, lastBlankLine = true } = options;
  let start = options.bom === true ? '\uFEFF' : '';
  for (const [event, isLast] of markLast(events)) {
    const lines = comment === undefined ? [] : [`: ${comment}`, ''];
    if (event.event !== undefined) lines.push(`event: ${event.event}`);
    for (const line of event.data.split('\n')) lines.push(`data: ${line}`);
    const end = isLast && !lastBlankLine ? lineEnd : lineEnd + lineEnd;
    const bytes = start + lines.join(lineEnd) + end;
    yield event.usage === undefined ? { bytes } : { bytes, usage: event.usage };
    start = '';
  }
}
