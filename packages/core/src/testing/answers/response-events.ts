import type { SseEvent } from './sse-writer.ts';
import { jsonWithUsage } from './wire-usage.ts';

/** A Responses stream before it is written down. */
export interface ResponseStream {
  /** The response object while it is made. */
  readonly whole: Readonly<Record<string, unknown>>;
  /** The response object at its end. */
  readonly finished: Readonly<Record<string, unknown>> & { readonly output: readonly object[] };
  readonly tokens: readonly string[];
  /** JSON text of the usage object. */
  readonly usage: string;
  readonly end: 'completed' | 'incomplete' | 'failed';
}

/** The events of a Responses stream, in OpenAI's order. */
export function* responseEvents(stream: ResponseStream): Generator<SseEvent> {
  const item = { ...stream.finished.output[0] } as Record<string, unknown>;
  const place = { item_id: item['id'], output_index: 0, content_index: 0 };
  const text = stream.tokens.join('');
  const part = { type: 'output_text', text, annotations: [], logprobs: [] };
  let sequence = 0;
  const event = (type: string, members: object): SseEvent => ({
    event: type,
    data: JSON.stringify({ type, ...members, sequence_number: sequence++ }),
  });

  yield event('response.created', { response: stream.whole });
  yield event('response.in_progress', { response: stream.whole });
  yield event('response.output_item.added', { output_index: 0, item: { ...item, status: 'in_progress', content: [] } });
  yield event('response.content_part.added', { ...place, part: { ...part, text: '' } });
  for (const delta of stream.tokens) yield event('response.output_text.delta', { ...place, delta, logprobs: [] });
  yield event('response.output_text.done', { ...place, text, logprobs: [] });
  yield event('response.content_part.done', { ...place, part });
  yield event('response.output_item.done', { output_index: 0, item });

  const type = `response.${stream.end}`;
  const response = jsonWithUsage(stream.finished, stream.usage);
  const data = `{"type":"${type}","response":${response},"sequence_number":${sequence}}`;
  yield { event: type, data, usage: stream.usage };
}
