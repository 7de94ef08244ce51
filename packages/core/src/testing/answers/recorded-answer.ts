import { checkOptions } from '../check-options.ts';
import { type DeliveryOptions, deliveryOptionNames } from '../delivery-options.ts';
import type { ProviderAnswer, WireEvent } from '../provider-answer.ts';
import { type UsageOverride, usageText } from './wire-usage.ts';

/** Options of {@link recordedAnswer}. */
export interface RecordedAnswerOptions extends DeliveryOptions {
  /** The body as a provider sent it. It is sent byte for byte. */
  readonly body: string | Uint8Array;
  /** Default: `text/event-stream` if the body begins like an event stream, else `application/json`. */
  readonly contentType?: string;
  /** The usage of this answer, for `provider.generated` and, once the last event is sent, `provider.reported`. Default: none. */
  readonly usage?: UsageOverride;
}

const optionNames: Readonly<Record<keyof RecordedAnswerOptions, true>> = {
  ...deliveryOptionNames,
  body: true,
  contentType: true,
  usage: true,
};

/**
 * Creates an answer that sends a recorded body as it is, whatever the request asks for. An event stream is split at its blank lines into the
 * events that `cut`, `stall`, `gate` and `eventsPerWrite` count; any other body counts as one event.
 *
 * @throws `MeterError` with code `invalid_options` for an unknown option.
 *
 * @example
 * ```ts
 * provider.enqueue(recordedAnswer({ body: await readFile('openrouter.sse') }));
 * ```
 */
export function recordedAnswer(options: RecordedAnswerOptions): ProviderAnswer {
  checkOptions('recordedAnswer', options, optionNames);
  const body = typeof options.body === 'string' ? Buffer.from(options.body) : options.body;
  const text = Buffer.from(body).toString('latin1');
  const contentType = options.contentType ?? (eventStreamStart.test(text) ? 'text/event-stream' : 'application/json');
  const isStream = contentType.startsWith('text/event-stream');
  const parts = isStream ? splitAtBlankLines(body, text) : [body];
  const usage = options.usage === undefined ? undefined : usageText(options.usage);
  return {
    render: () => ({
      status: 200,
      headers: { 'content-type': contentType },
      events: parts.map((bytes, index): WireEvent =>
        usage === undefined || index < parts.length - 1 ? { bytes } : { bytes, usage },
      ),
      ...(usage === undefined ? {} : { generatedUsage: usage }),
      isStream,
      delivery: options,
    }),
  };
}

// A byte order mark reads as these three characters in latin1.
const eventStreamStart = /^(?:\u00EF\u00BB\u00BF)?\s*(?::|data:|event:|id:|retry:)/;

/** @param text - The body in latin1, so that offsets in it are offsets in the body. */
function splitAtBlankLines(body: Uint8Array, text: string): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  let start = 0;
  for (const border of text.matchAll(/(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n))+/g)) {
    const end = border.index + border[0].length;
    parts.push(body.subarray(start, end));
    start = end;
  }
  if (start < body.length) parts.push(body.subarray(start));
  return parts;
}
