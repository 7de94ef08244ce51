import { HttpException } from '@nestjs/common';

/** What went wrong, for the front end, which has a text of its own for each. */
export type ErrorCode =
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
  | 'internal';

/** An error that is answered with a code of its own. */
export class CodedException extends HttpException {
  constructor(status: number, code: ErrorCode, message: string) {
    super({ code, message }, status);
  }
}

/** The same answer for what is not there and for what belongs to somebody else: nobody learns which ids exist. */
export function notFound(what: string): CodedException {
  return new CodedException(404, 'not_found', `there is no such ${what}`);
}
