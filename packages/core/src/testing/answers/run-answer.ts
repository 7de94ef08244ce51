import { checkOptions } from '../check-options.ts';
import { type DeliveryOptions, deliveryOptionNames } from '../delivery-options.ts';
import type { ProviderAnswer, WireAnswer } from '../provider-answer.ts';
import type { ProviderRequest } from '../provider-request.ts';
import { type RunState, runEvents, runObject } from './run-events.ts';
import { type SseOptions, sseOptionNames, writeSse } from './sse-writer.ts';
import { chatUsage, jsonWithUsage, type UsageOverride, usageText } from './wire-usage.ts';
import { splitIntoTokens } from './word-tokens.ts';

/** Options of {@link runAnswer}. All are optional. */
export interface RunAnswerOptions extends DeliveryOptions, SseOptions {
  /** Text of the answer, one token per word. Default `'Hello from the run.'`. */
  readonly text?: string;
  /** How it ends; default `'completed'`. */
  readonly end?: 'completed' | 'incomplete' | 'failed' | 'cancelled' | 'expired';
  /** Asks for a tool first: the run stops at `requires_action` until its tool outputs are there. Default false. */
  readonly requiresAction?: boolean;
  /** The number of plain GETs that still find it `in_progress`; default 0. */
  readonly pendingPolls?: number;
  /** Run id; default `run_` and the number of the request. */
  readonly id?: string;
  /** The usage object, or JSON text that is sent as it is. Default: 5 in, one token per word out. */
  readonly usage?: UsageOverride;
}

const optionNames: Readonly<Record<keyof RunAnswerOptions, true>> = {
  ...deliveryOptionNames,
  ...sseOptionNames,
  text: true,
  end: true,
  requiresAction: true,
  pendingPolls: true,
  id: true,
  usage: true,
};

/**
 * Creates an answer to `POST /threads/{id}/runs` and `POST /threads/runs` of the assistants API, plain or streamed as requested.
 *
 * The plain answer is `queued` and has no usage, like all objects of a run before its end. A later GET returns the ended run, with its
 * usage. In a stream the steps carry usage, too: parts of the run's usage.
 *
 * @throws `MeterError` with code `invalid_options` for an unknown option.
 *
 * @example
 * ```ts
 * provider.enqueue(runAnswer({ text: 'It is sunny', requiresAction: true }));
 * ```
 */
export function runAnswer(options: RunAnswerOptions = {}): ProviderAnswer {
  checkOptions('runAnswer', options, optionNames);
  return { render: (request, context) => renderRun(request, context.createdSeconds, options) };
}

function renderRun(request: ProviderRequest, createdAt: number, options: RunAnswerOptions): WireAnswer {
  const body = request.body ?? {};
  const id = options.id ?? `run_${request.sequence}`;
  const threadId = /\/threads\/([^/]+)\/runs$/.exec(request.path)?.[1] ?? `thread_${request.sequence}`;
  const tokens = splitIntoTokens(options.text ?? 'Hello from the run.');
  const usage = usageText(options.usage ?? chatUsage(5, tokens.length));
  const state: RunState = {
    run: runObject({ id, threadId, createdAt, model: body['model'] ?? 'fake-model', metadata: body['metadata'] ?? {} }),
    tokens,
    usage,
    end: options.end ?? 'completed',
  };
  let waitsForTool = options.requiresAction === true;
  let pollsLeft = options.pendingPolls ?? 0;

  const streamed = (): WireAnswer => ({
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    events: writeSse(runEvents(state, waitsForTool), options),
    isStream: true,
    delivery: options,
  });
  const plain = (status: string): WireAnswer => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    events: [
      status === state.end
        ? { bytes: jsonWithUsage({ ...state.run, status }, usage), usage }
        : { bytes: JSON.stringify({ ...state.run, status }) },
    ],
    delivery: options,
  });
  const later = (next: ProviderRequest): WireAnswer => {
    if (next.path.endsWith('/submit_tool_outputs')) {
      waitsForTool = false;
      return next.body?.['stream'] === true ? streamed() : plain('queued');
    }
    if (next.path.endsWith('/cancel')) return plain('cancelling');
    if (waitsForTool) return plain('requires_action');
    pollsLeft -= 1;
    return plain(pollsLeft < 0 ? state.end : 'in_progress');
  };

  const path = `${request.path.replace(/\/threads\/.*$/, '')}/threads/${threadId}/runs/${id}`;
  const stored = { id, path, answer: { render: later } };
  const first = body['stream'] === true ? streamed() : plain('queued');
  return { ...first, generatedUsage: usage, stored };
}
