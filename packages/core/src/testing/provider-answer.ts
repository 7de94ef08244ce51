import type { DeliveryOptions } from './delivery-options.ts';
import type { ProviderRequest } from './provider-request.ts';

/**
 * What the fake provider answers to one request. Created by {@link chatAnswer}, {@link responsesAnswer}, {@link runAnswer},
 * {@link jsonAnswer}, {@link errorAnswer} or {@link recordedAnswer}; any other object of this shape works, too.
 *
 * @example
 * ```ts
 * const teapot: ProviderAnswer = {
 *   render: () => ({ status: 418, headers: {}, events: [{ bytes: 'short and stout' }] }),
 * };
 * ```
 */
export interface ProviderAnswer {
  /** Creates the bytes for one request. A rejection is answered with a 500 and kept in `provider.errors`. */
  render(request: ProviderRequest, context: AnswerContext): WireAnswer | Promise<WireAnswer>;
}

/** What an answer may take from the provider, so that it has no clock and no counter of its own. */
export interface AnswerContext {
  /** Time of the request in whole seconds since 1970, for `created` members. */
  readonly createdSeconds: number;
}

/** One part of a body that counts as one: an SSE event, or a whole plain body. */
export interface WireEvent {
  /** The bytes, or text to send as UTF-8. */
  readonly bytes: Uint8Array | string;
  /** JSON text of the usage object in it, if there is one. */
  readonly usage?: string;
}

/** An answer as it goes over the wire. */
export interface WireAnswer {
  /** HTTP status. */
  readonly status: number;
  /** Response headers; `x-request-id` is added if absent. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, pulled one event at a time while it is written. */
  readonly events: Iterable<WireEvent>;
  /** JSON text of the usage of this answer, whether or not it is sent. */
  readonly generatedUsage?: string;
  /** True for event streams, which are sent without `content-length`. */
  readonly isStream?: boolean;
  /** How to deliver the bytes; default: at once and without faults. */
  readonly delivery?: DeliveryOptions;
  /**
   * An object that the client can fetch, cancel or continue later, like stored Responses and runs. `path` is where; default: the path of the
   * request, followed by the id.
   */
  readonly stored?: { readonly id: string; readonly answer: ProviderAnswer; readonly path?: string };
}
