import { withInherited } from '../platform/inherited-options.ts';
import { changeHeaders, readHeader } from '../platform/request-headers.ts';
import { isSigned } from './is-signed.ts';

/** A request as it leaves, and the turn its header named. */
export interface BareRequest {
  readonly input: Parameters<typeof fetch>[0];
  readonly init: RequestInit | undefined;
  readonly handle: string | undefined;
}

/**
 * Takes the header of the turn off a request. It stays where an AWS signature covers it, which would be void without
 * it: it is opaque to the provider.
 *
 * @param name - The header, in lower case.
 */
export function withoutTurn(input: BareRequest['input'], init: RequestInit | undefined, name: string): BareRequest {
  const headers = init?.headers;
  if (headers === undefined && input instanceof Request) {
    const handle = input.headers.get(name) ?? undefined;
    if (handle === undefined || isSigned(input.headers, name)) return new Bare(input, init, handle);
    const bare = new Request(input);
    bare.headers.delete(name);
    return new Bare(bare, init, handle);
  }
  const handle = readHeader(headers, name);
  if (handle === undefined || isSigned(headers, name)) return new Bare(input, init, handle);
  const bare = { ...init, headers: changeHeaders(headers, name, {}) ?? {} };
  return new Bare(input, init === undefined ? bare : withInherited(init, bare), handle);
}

/** A class, for there is one of these per call; see ADR 0011. */
class Bare implements BareRequest {
  readonly input: BareRequest['input'];
  readonly init: RequestInit | undefined;
  readonly handle: string | undefined;

  constructor(input: BareRequest['input'], init: RequestInit | undefined, handle: string | undefined) {
    this.input = input;
    this.init = init;
    this.handle = handle;
  }
}
