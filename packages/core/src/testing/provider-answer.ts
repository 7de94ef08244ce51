import type { DeliveryOptions } from './delivery-options.ts';
import type { ProviderRequest } from './provider-request.ts';

/**
 * What the fake provider answers to one request. Made by {@link chatAnswer}, {@link responsesAnswer},
 * {@link jsonAnswer}, {@link errorAnswer} or {@link recordedAnswer}; any object of this shape serves as well.
 *
 * @example
 * ```ts
 * const teapot: ProviderAnswer = {
 *   render: () => ({ status: 418, headers: {}, events: [{ bytes: 'short and stout' }] }),
 * };
 * ```
 */
export interface ProviderAnswer {
  /** Makes the bytes for one request; a rejection is answered with a 500 and kept in `provider.errors`. */
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
  /** JSON text of the usage object inside, where there is one. */
  readonly usage?: string;
}

/** An answer as it goes over the wire. */
export interface WireAnswer {
  /** HTTP status. */
  readonly status: number;
  /** Response headers; `x-request-id` is added where absent. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, pulled one event at a time while it is written. */
  readonly events: Iterable<WireEvent>;
  /** JSON text of the usage this answer costs, whether or not the wire carries it. */
  readonly generatedUsage?: string;
  /** True for event streams: they go out without `content-length`. */
  readonly isStream?: boolean;
  /** How the bytes travel; default at once and undisturbed. */
  readonly delivery?: DeliveryOptions;
  /**
   * An object the client can fetch later, cancel or go on with, as stored Responses and runs are: under `path`, by
   * default the request's own and the id.
   */
  readonly stored?: { readonly id: string; readonly answer: ProviderAnswer; readonly path?: string };
}
