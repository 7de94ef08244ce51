import { readHeader } from '../platform/request-headers.ts';
import type { RequestHeaders } from '../platform/request-headers.ts';

/**
 * Whether a signature (AWS SigV4) covers the request: the body, and the headers it names.
 *
 * @param header - Asks for this header too. In lower case.
 */
export function isSigned(headers: RequestHeaders, header?: string): boolean {
  const authorization = readHeader(headers, 'authorization');
  if (authorization?.startsWith('AWS4-HMAC') !== true) return false;
  if (header === undefined) return true;
  const signed = /SignedHeaders=([^,\s]+)/.exec(authorization)?.[1];
  return signed?.split(';').includes(header) === true;
}
