import { isJsonObject } from '../../json-object.ts';
import { checkOptions } from '../check-options.ts';
import { type DeliveryOptions, deliveryOptionNames } from '../delivery-options.ts';
import { renderError } from './error-answer.ts';
import type { ProviderAnswer, WireAnswer } from '../provider-answer.ts';
import type { ProviderRequest } from '../provider-request.ts';
import { responseEvents } from './response-events.ts';
import { type SseOptions, sseOptionNames, writeSse } from './sse-writer.ts';
import { jsonWithUsage, responsesUsage, type UsageOverride, usageText } from './wire-usage.ts';
import { countInputTokens, lastUserText, splitIntoTokens } from './word-tokens.ts';

/** Options of {@link responsesAnswer}. All are optional. */
export interface ResponsesAnswerOptions extends DeliveryOptions, SseOptions {
  /** Text of the answer, one token per word. Default: repeats the last user message. */
  readonly text?: string;
  /** Text of the answer, split into tokens by the test: one delta event each. Takes precedence over `text`. */
  readonly tokens?: readonly string[];
  /** How it ends; default `'completed'`. In a stream also the name of the last event. */
  readonly end?: 'completed' | 'incomplete' | 'failed';
  /** The model that answers; default: the requested one. */
  readonly model?: string;
  /** Answer id; default `resp_` and the number of the request. */
  readonly id?: string;
  /** `service_tier` of the answer; default `'default'`. */
  readonly serviceTier?: string;
  /** The usage object, or JSON text that is sent as it is. Default: one token per word. */
  readonly usage?: UsageOverride;
  /** With `background: true`: the number of plain GETs that still find it `in_progress`; default 0. */
  readonly pendingPolls?: number;
}

const optionNames: Readonly<Record<keyof ResponsesAnswerOptions, true>> = {
  ...deliveryOptionNames,
  ...sseOptionNames,
  text: true,
  tokens: true,
  end: true,
  model: true,
  id: true,
  serviceTier: true,
  usage: true,
  pendingPolls: true,
};

/**
 * Creates an answer to `POST /responses`, plain or streamed as requested.
 *
 * Usage is always sent: in the plain object, and in the last event of a stream. A stream ends without `[DONE]`. If the request has
 * `background: true`, the answer is `queued` and has no usage. A later `GET /responses/{id}` returns it completed, with usage; with
 * `?stream=true` as a stream. A `POST /responses/{id}/cancel` before that leaves it `cancelled`, and it never gets usage.
 *
 * @throws `MeterError` with code `invalid_options` for an unknown option.
 *
 * @example
 * ```ts
 * provider.enqueue(responsesAnswer({ text: 'Hello', end: 'incomplete' }));
 * ```
 */
export function responsesAnswer(options: ResponsesAnswerOptions = {}): ProviderAnswer {
  checkOptions('responsesAnswer', options, optionNames);
  return { render: (request, context) => renderResponse(request, context.createdSeconds, options) };
}

function renderResponse(request: ProviderRequest, createdAt: number, options: ResponsesAnswerOptions): WireAnswer {
  const body = request.body ?? {};
  const streamOptions = body['stream_options'];
  if (isJsonObject(streamOptions) && 'include_usage' in streamOptions) {
    const param = 'stream_options.include_usage';
    return renderError({ status: 400, message: `Unknown parameter: '${param}'.`, param, code: 'unknown_parameter' });
  }
  const tokens = options.tokens ?? splitIntoTokens(options.text ?? `You said: ${lastUserText(body)}`);
  const usage = usageText(options.usage ?? responsesUsage(countInputTokens(body), tokens.length));
  const id = options.id ?? `resp_${request.sequence}`;
  const end = options.end ?? 'completed';
  const isBackground = body['background'] === true;
  const whole = {
    id,
    object: 'response',
    created_at: createdAt,
    status: 'in_progress',
    background: isBackground,
    error: null,
    incomplete_details: null,
    model: options.model ?? (typeof body['model'] === 'string' ? body['model'] : 'fake-model'),
    output: [],
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
    service_tier: options.serviceTier ?? 'default',
    metadata: isJsonObject(body['metadata']) ? body['metadata'] : {},
    usage: null,
  };
  const finished = { ...whole, status: end, ...endMembers(end), output: [message(request.sequence, tokens.join(''))] };
  const finishedAnswer = plainAnswer(jsonWithUsage(finished, usage), usage, options);
  const streamedAnswer = (): WireAnswer => ({
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    events: writeSse(responseEvents({ whole, finished, tokens, usage, end }), options),
    isStream: true,
    delivery: options,
  });
  let pollsLeft = isBackground ? (options.pendingPolls ?? 0) : 0;
  let isCancelled = false;
  let isOver = !isBackground;
  const look = (later: ProviderRequest): WireAnswer => {
    if (later.method === 'POST') isCancelled ||= !isOver;
    const status = isCancelled ? 'cancelled' : 'in_progress';
    if (isCancelled || (pollsLeft > 0 && later.query.get('stream') !== 'true')) {
      pollsLeft -= 1;
      return plainAnswer(JSON.stringify({ ...whole, status }), undefined, options);
    }
    isOver = true;
    return later.query.get('stream') === 'true' ? streamedAnswer() : finishedAnswer;
  };
  const stored = { id, answer: { render: look } };

  if (body['stream'] === true) return { ...streamedAnswer(), generatedUsage: usage, stored };
  if (!isBackground) return { ...finishedAnswer, generatedUsage: usage, stored };
  const queued = plainAnswer(JSON.stringify({ ...whole, status: 'queued' }), undefined, options);
  return { ...queued, generatedUsage: usage, stored };
}

function plainAnswer(bytes: string, usage: string | undefined, delivery: DeliveryOptions): WireAnswer {
  const event = usage === undefined ? { bytes } : { bytes, usage };
  return { status: 200, headers: { 'content-type': 'application/json' }, events: [event], delivery };
}

function endMembers(end: 'completed' | 'incomplete' | 'failed'): object {
  if (end === 'incomplete') return { incomplete_details: { reason: 'max_output_tokens' } };
  return end === 'failed' ? { error: { code: 'server_error', message: 'The fake provider failed.' } } : {};
}

function message(sequence: number, text: string): object {
  const content = [{ type: 'output_text', text, annotations: [], logprobs: [] }];
  return { id: `msg_${sequence}`, type: 'message', role: 'assistant', status: 'completed', content };
}
