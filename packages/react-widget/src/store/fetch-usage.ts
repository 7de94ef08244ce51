import { usageError } from './usage-state.ts';

/** Where snapshots come from, and how to request them. */
export interface UsageSource {
  /** URL of the endpoint. */
  readonly src?: string | URL | undefined;
  /** Your own request, instead of `src`; resolves with the parsed body. If it rejects, a `status` on the error is treated like an HTTP status. */
  readonly fetcher?: ((signal: AbortSignal) => Promise<unknown>) | undefined;
  /** Sent with every request. A function is called for each request, for tokens that change. */
  readonly headers?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>) | undefined;
  /** The `credentials` option of `fetch`. Default `same-origin`. */
  readonly credentials?: RequestCredentials | undefined;
  /** Number of retries after no answer, 429 or 5xx, 0 or more. Default 2, after about 400 and 800 ms. */
  readonly retries?: number | undefined;
}

/**
 * One snapshot, not yet checked; tried again where that can help.
 *
 * @throws UsageError, or the reason of `signal`.
 */
export async function fetchUsage(source: UsageSource, signal: AbortSignal): Promise<unknown> {
  const longestDelayMs = 30_000;
  const { src = '', fetcher, headers, credentials, retries = 2 } = source;
  for (let attempt = 0; ; attempt += 1) {
    try {
      if (fetcher) return await fetcher(signal);
      const response = await fetch(src, {
        signal,
        credentials,
        // The answer is small and has an ETag: the browser asks whether it changed.
        cache: 'no-cache',
        headers: typeof headers === 'function' ? headers() : headers,
      } as RequestInit);
      if (response.ok) return await response.json();
      throw response;
    } catch (cause) {
      signal.throwIfAborted();
      // Fetchers of the app's own may reject with nothing at all.
      const failure = cause as Partial<Response & Error> | undefined;
      const status = failure?.status;
      const isMalformed = failure?.name === 'SyntaxError';
      const after = failure?.headers?.get?.('retry-after') ?? '';
      const delayMs = Math.max(
        (300 + Math.random() * 200) * 2 ** attempt,
        Number(after) * 1000 || Date.parse(after) - Date.now() || 0,
      );
      const canHelp = !isMalformed && (!status || status >= 500 || status === 429) && delayMs <= longestDelayMs;
      if (!canHelp || attempt >= retries) {
        throw usageError(isMalformed ? 'malformed' : status ? 'http' : 'network', cause, status);
      }
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      signal.throwIfAborted();
    }
  }
}
