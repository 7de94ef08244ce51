import { checkOptions } from '../check-options.ts';
import { type DeliveryOptions, deliveryOptionNames } from '../delivery-options.ts';
import type { ProviderAnswer } from '../provider-answer.ts';
import type { ProviderRequest } from '../provider-request.ts';
import { jsonWithUsage, type UsageOverride, usageText } from './wire-usage.ts';

/** Options of {@link jsonAnswer}. */
export interface JsonAnswerOptions extends DeliveryOptions {
  /** The object to send, or a function that creates it from the request. */
  readonly body: Readonly<Record<string, unknown>> | ((request: ProviderRequest) => Readonly<Record<string, unknown>>);
  /** Added to the object as `usage`: an object, or JSON text that is sent as it is. Default: none. */
  readonly usage?: UsageOverride;
}

const optionNames: Readonly<Record<keyof JsonAnswerOptions, true>> = {
  ...deliveryOptionNames,
  body: true,
  usage: true,
};

/**
 * Creates a plain JSON answer, for any path.
 *
 * @throws `MeterError` with code `invalid_options` for an unknown option.
 *
 * @example
 * ```ts
 * provider.enqueue(jsonAnswer({ body: { object: 'list', data: [] }, usage: { prompt_tokens: 3, total_tokens: 3 } }));
 * ```
 */
export function jsonAnswer(options: JsonAnswerOptions): ProviderAnswer {
  checkOptions('jsonAnswer', options, optionNames);
  return {
    render(request) {
      const usage = options.usage === undefined ? undefined : usageText(options.usage);
      const body = typeof options.body === 'function' ? options.body(request) : options.body;
      const bytes = jsonWithUsage(body, usage);
      const answer = { status: 200, headers: { 'content-type': 'application/json' }, delivery: options };
      if (usage === undefined) return { ...answer, events: [{ bytes }] };
      return { ...answer, events: [{ bytes, usage }], generatedUsage: usage };
    },
  };
}
