import { endpointOf } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { providerPolicyOf } from './provider.ts';
import type { ProviderPolicy } from './provider.ts';

/** Where a request goes, as far as metering cares. */
export interface RequestTarget {
  /** Address without query and fragment. */
  readonly url: string;
  /** Scheme, host and port: ids are unique within it. */
  readonly origin: string;
  readonly endpoint: Endpoint;
  readonly policy: ProviderPolicy;
}

/**
 * Finds out where a request goes. An app has few addresses, so the answer is remembered.
 *
 * @returns `undefined` for requests that make no record, and for other schemes than HTTP.
 */
export function requestTarget(method: string, url: string): RequestTarget | undefined {
  const key = `${method} ${url}`;
  const known = memo.get(key);
  if (known !== undefined || memo.has(key)) return known;
  const target = parse(method, url);
  if (memo.size >= maxRemembered) memo.clear();
  memo.set(key, target);
  return target;
}

const maxRemembered = 1000;
const memo = new Map<string, RequestTarget | undefined>();

function parse(method: string, text: string): RequestTarget | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  const endpoint = endpointOf(method.toUpperCase(), url.pathname);
  if (endpoint === undefined) return undefined;
  return { url: url.origin + url.pathname, origin: url.origin, endpoint, policy: providerPolicyOf(url.hostname) };
}
