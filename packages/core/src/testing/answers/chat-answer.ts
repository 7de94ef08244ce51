import { type ChatAnswerOptions, chatAnswerOptionNames } from './chat-answer-options.ts';
import { chatEvents } from './chat-events.ts';
import { checkOptions } from '../check-options.ts';
import { argumentsText, chatShape, legacyShape } from './completion-shape.ts';
import type { ProviderAnswer, WireAnswer } from '../provider-answer.ts';
import { asksForUsage, type ProviderRequest } from '../provider-request.ts';
import { writeSse } from './sse-writer.ts';
import { refuseMisplacedStreamOptions, refuseStreamOptions } from './stream-options-refusal.ts';
import { chatUsage, jsonWithUsage, usageText } from './wire-usage.ts';
import { countInputTokens, lastUserText, splitIntoTokens } from './word-tokens.ts';

/**
 * An answer to chat completions and legacy completions, plain or streamed as the request wants.
 *
 * A chat stream has these events: one that opens the message, one per token, the finish reason, the usage where it is
 * asked for, and `[DONE]`. Legacy streams have no opening event. `cut`, `stall` and `gate` count them from 0.
 *
 * @throws `MeterError` with code `invalid_options` for an unknown option.
 *
 * @example
 * ```ts
 * provider.enqueue(chatAnswer({ tokens: ['Hel', 'lo'], cut: { afterEvents: 2 } })); // the socket dies after 'Hel'
 * ```
 */
export function chatAnswer(options: ChatAnswerOptions = {}): ProviderAnswer {
  checkOptions('chatAnswer', options, chatAnswerOptionNames);
  return { render: (request, context) => renderChat(request, context.createdSeconds, options) };
}

function renderChat(request: ProviderRequest, created: number, options: ChatAnswerOptions): WireAnswer {
  const refusal = refuseStreamOptions(request, options.rejectStreamOptions) ?? refuseMisplacedStreamOptions(request);
  if (refusal !== undefined) return refusal;

  const body = request.body ?? {};
  const isLegacy = request.path.endsWith('/completions') && !request.path.endsWith('/chat/completions');
  const shape = isLegacy ? legacyShape : chatShape;
  const toolCalls = options.toolCalls ?? [];
  const tokens = options.tokens ?? splitIntoTokens(options.text ?? (toolCalls.length > 0 ? '' : reply(body)));
  const finishReason = options.finishReason ?? (toolCalls.length > 0 ? 'tool_calls' : 'stop');
  const toolTokens = toolCalls.reduce((sum, call) => sum + splitIntoTokens(argumentsText(call)).length, 0);
  const usageAfter = (outputTokens: number): string =>
    usageText(options.usage ?? chatUsage(countInputTokens(body), outputTokens));
  const whole = {
    id: options.id ?? `${shape.idPrefix}-${request.sequence}`,
    created,
    model: options.model ?? (typeof body['model'] === 'string' ? body['model'] : 'fake-model'),
    ...(options.serviceTier === undefined ? {} : { service_tier: options.serviceTier }),
    system_fingerprint: options.systemFingerprint === undefined ? 'fp_fake' : options.systemFingerprint,
  };

  if (body['stream'] !== true) {
    const usage = usageAfter(tokens.length + toolTokens);
    const choices = [shape.plain(tokens.join(''), toolCalls, finishReason)];
    const sent = options.usageWhen === 'never' ? undefined : usage;
    const bytes = jsonWithUsage({ ...whole, object: shape.object, choices }, sent);
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      events: [sent === undefined ? { bytes } : { bytes, usage: sent }],
      generatedUsage: usage,
      delivery: options,
    };
  }
  const isAsked = asksForUsage(body);
  const hasUsage = options.usageWhen === 'always' || (isAsked && options.usageWhen !== 'never');
  const events = chatEvents(
    { shape, whole, tokens, toolCalls, toolTokens, finishReason, isAsked, hasUsage, usageAfter },
    options,
  );
  const sentTokens = Math.min(options.errorChunk?.afterTokens ?? Number.POSITIVE_INFINITY, tokens.length);
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    events: writeSse(events, options),
    generatedUsage: usageAfter(options.errorChunk === undefined ? tokens.length + toolTokens : sentTokens),
    isStream: true,
    delivery: options,
  };
}

function reply(body: Readonly<Record<string, unknown>>): string {
  return `You said: ${lastUserText(body)}`.trim();
}
