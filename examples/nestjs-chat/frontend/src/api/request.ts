import { apiError } from './api-error.ts';
import type { ProblemCode } from './api-error.ts';

/** What goes with a request. */
export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly body?: object;
  readonly signal?: AbortSignal;
}

/**
 * Asks the backend. The session is a cookie, so there is nothing to add.
 *
 * @throws ApiError for every answer but 2xx, and where there is none.
 */
export async function request(path: string, { method = 'GET', body, signal }: RequestOptions = {}): Promise<Response> {
  const response = await fetch(`/api${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    ...(signal && { signal }),
  }).catch((error: unknown) => {
    throw apiError('no_answer', error);
  });
  if (response.ok) return response;
  // A proxy in between may answer with something else than our JSON.
  const answer = (await response.json().catch(() => ({}))) as { readonly code?: ProblemCode };
  throw apiError(answer.code ?? (response.status >= 502 ? 'unavailable' : 'internal'));
}

/** The same, for answers that are JSON. */
export async function requestJson<Answer>(path: string, options?: RequestOptions): Promise<Answer> {
  const response = await request(path, options);
  return (await response.json().catch((error: unknown) => {
    throw apiError('no_answer', error);
  })) as Answer;
}
