import { checkOptions } from '../check-options.ts';
import { type DeliveryOptions, deliveryOptionNames } from '../delivery-options.ts';
import type { ProviderAnswer, WireAnswer } from '../provider-answer.ts';

/** Options of {@link errorAnswer}. */
export interface ErrorAnswerOptions extends Omit<DeliveryOptions, 'status'> {
  /** HTTP status, for example 429, 500 or 503. */
  readonly status: number;
  /** Text of the error; by default it names the status. */
  readonly message?: string;
  /** `error.type`; default `'invalid_request_error'` below 500, `'server_error'` from 500. */
  readonly type?: string;
  /** `error.code`; default null. */
  readonly code?: string | null;
  /** `error.param`; default null. */
  readonly param?: string | null;
  /** Sent as `retry-after-ms`, which the OpenAI client respects when it retries. */
  readonly retryAfterMs?: number;
}

const optionNames: Readonly<Record<keyof ErrorAnswerOptions, true>> = {
  ...deliveryOptionNames,
  message: true,
  type: true,
  code: true,
  param: true,
  retryAfterMs: true,
};

/**
 * Creates an error in OpenAI's format. It costs no tokens.
 *
 * @throws `MeterError` with code `invalid_options` for an unknown option.
 *
 * @example
 * ```ts
 * provider.enqueue(errorAnswer({ status: 429, retryAfterMs: 1 }), chatAnswer({ text: 'Hello' }));
 * ```
 */
export function errorAnswer(options: ErrorAnswerOptions): ProviderAnswer {
  checkOptions('errorAnswer', options, optionNames);
  return { render: () => renderError(options) };
}

/** The same as a wire answer, for answers that turn into an error. */
export function renderError(options: ErrorAnswerOptions): WireAnswer {
  const { status, message = `The fake provider answers with status ${status}.`, code = null, param = null } = options;
  const type = options.type ?? (status < 500 ? 'invalid_request_error' : 'server_error');
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (options.retryAfterMs !== undefined) headers['retry-after-ms'] = String(options.retryAfterMs);
  return {
    status,
    headers,
    events: [{ bytes: JSON.stringify({ error: { message, type, param, code } }) }],
    delivery: options,
  };
}
