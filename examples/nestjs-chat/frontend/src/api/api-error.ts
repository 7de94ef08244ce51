/** Why a request failed: the server's own code, or `no_answer` where nothing (more) came from it. */
export type ProblemCode =
  | 'invalid_input'
  | 'not_signed_in'
  | 'wrong_credentials'
  | 'foreign_origin'
  | 'not_found'
  | 'email_taken'
  | 'too_large'
  | 'too_many_requests'
  | 'provider_failed'
  | 'unavailable'
  | 'internal'
  | 'no_answer';

/** A request that failed. People are shown a text by its code, never its message. */
export interface ApiError extends Error {
  readonly code: ProblemCode;
}

export function apiError(code: ProblemCode, cause?: unknown): ApiError {
  return Object.assign(new Error(code, { cause }), { code });
}

/** The code of anything that was thrown. */
export function problemOf(error: unknown): ProblemCode {
  return (error as Partial<ApiError> | undefined)?.code ?? 'internal';
}
