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
  // Two steps, for a joint key would be a new text to hash for every request.
  let targets = memo.get(method);
  if (targets === undefined) {
    if (memo.size >= maxMethods) memo.clear();
    targets = new Map();
    memo.set(method, targets);
  }
  const known = targets.get(url);
  if (known !== undefined || targets.has(url)) return known;
  const target = parse(method, url);
  if (targets.size >= maxRemembered) targets.clear();
  targets.set(url, target);
  return target;
}

const maxMethods = 16;
const maxRemembered = 1000;
const memo = new Map<string, Map<string, RequestTarget | undefined>>();

function parse(method: string, text: string): RequestTarget | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  const endpoint = endpointOf(method.toUpperCase(), url.pathname);
  if (endpoint === undefined) return undefined;
  return { url: url.origin + url.pathname, origin: url.origin, endpoint, policy: providerPolicyOf(url.hostname) };
}
