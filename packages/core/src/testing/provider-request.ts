/**
 * One request the fake provider got, and what became of its answer. The counters move while the answer is written;
 * wait for `finished` before reading them.
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
  /** The body where it is a JSON object, else `undefined`. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
  /** When the request's headers arrived. */
  readonly receivedAt: Date;
  /** HTTP status of the answer; `undefined` until it is sent. */
  readonly status: number | undefined;
  /**
   * Events written in full. Written means handed to the operating system, which itself holds some hundred kilobytes
   * to a few megabytes for a client that does not read.
   */
  readonly eventsSent: number;
  /** Bytes of the body written, as they are on the wire (compressed where the answer is), see `eventsSent`. */
  readonly bytesSent: number;
  /** True where the client went away before the end of the answer. */
  readonly aborted: boolean;
  /**
   * The usage this answer costs, as an object. Counted in full from the first byte on, also where the client leaves
   * or the answer is cut; absent where the answer costs nothing.
   */
  readonly generatedUsage: Readonly<Record<string, unknown>> | undefined;
  /** The last usage object that was written to the client, if any. */
  readonly reportedUsage: Readonly<Record<string, unknown>> | undefined;
  /** Resolves when the answer is over: written, cut, or left by the client. Never rejects. */
  readonly finished: Promise<void>;
}

/** Whether a chat or completions body asks for usage in its stream. */
export function asksForUsage(body: Readonly<Record<string, unknown>> | undefined): boolean {
  const options = body?.['stream_options'];
  return (
    typeof options === 'object' && options !== null && 'include_usage' in options && options.include_usage === true
  );
}
