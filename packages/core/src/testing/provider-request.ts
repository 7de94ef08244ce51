/**
 * One request that the fake provider received, and the state of its answer. The counters change while the answer is written; wait for
 * `finished` before reading them.
 */
export interface ProviderRequest {
  /** 1 for the first request of this provider; also in its ids, as `chatcmpl-1`. */
  readonly sequence: number;
  /** HTTP method, in capitals. */
  readonly method: string;
  /** Path without query, for example `/v1/chat/completions`. */
  readonly path: string;
  /** The query, for example `api-version` of Azure. */
  readonly query: URLSearchParams;
  /** Request headers by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, byte for byte. */
  readonly bodyBytes: Uint8Array;
  /** The body as UTF-8 text. */
  readonly bodyText: string;
  /** The body if it is a JSON object, else `undefined`. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
  /** When the request's headers arrived. */
  readonly receivedAt: Date;
  /** HTTP status of the answer; `undefined` until it is sent. */
  readonly status: number | undefined;
  /**
   * Events written in full. Written means accepted by the operating system, which buffers some hundred kilobytes to a few megabytes for a
   * client that does not read.
   */
  readonly eventsSent: number;
  /** Bytes of the body written, as on the wire (compressed if the answer is); see `eventsSent`. */
  readonly bytesSent: number;
  /** True if the client disconnected before the end of the answer. */
  readonly aborted: boolean;
  /**
   * The usage of this answer, as an object. Counted in full from the first byte on, even if the client disconnects or the answer is cut.
   * Absent if the answer costs nothing.
   */
  readonly generatedUsage: Readonly<Record<string, unknown>> | undefined;
  /** The last usage object that was written to the client, if any. */
  readonly reportedUsage: Readonly<Record<string, unknown>> | undefined;
  /** Resolves when the answer is over: written, cut, or abandoned by the client. Never rejects. */
  readonly finished: Promise<void>;
}

/** Whether a chat or completions body asks for usage in its stream. */
export function asksForUsage(body: Readonly<Record<string, unknown>> | undefined): boolean {
  const options = body?.['stream_options'];
  return (
    typeof options === 'object' && options !== null && 'include_usage' in options && options.include_usage === true
  );
}
