/**
 * Whether this runtime reads the bodies of its own responses natively, past any own property of the stream or of the
 * response: Bun, Deno and workerd do, Node does not.
 */
export function readsBodiesNatively(): boolean {
  isNative ??= !isNode();
  return isNative;
}

/**
 * The answer as the host gets it, once its `body` is ours. Where bodies are read natively it is a new `Response` over
 * that body: a server that is handed the very response of the inner fetch would read the provider's bytes behind our
 * back, and show the host's own client what was asked for by us. Everything else on it is the response's own, the
 * object `headers` included. On Node, and where the host brings a `Response` of its own kind, it is the very response.
 */
export function answerToHandOn(response: Response): Response {
  if (!readsBodiesNatively() || !(response instanceof Response)) return response;
  const { status, statusText } = response;
  const answer = new Response(response.body, { status, statusText, headers: headersToServe(response) });
  const native = Object.getPrototypeOf(answer) as Response;
  let isCloned = false;
  // The SDK reads the source directly, which leaves the stream in between untouched.
  const isUsed = (): boolean => Reflect.get(native, 'bodyUsed', answer) || (response.bodyUsed && !isCloned);
  Object.defineProperty(answer, 'bodyUsed', { configurable: true, get: isUsed });
  const clone = (): Response => {
    const copy = native.clone.call(answer);
    isCloned = true;
    return showAs(copy, response, new Headers(response.headers));
  };
  Object.defineProperty(answer, 'clone', { configurable: true, writable: true, value: clone });
  return showAs(answer, response, response.headers);
}

/**
 * What a server writes when it is handed the answer: bytes may have been taken out of the body, and except in workerd,
 * which encodes it again, the body is no longer encoded.
 */
function headersToServe(response: Response): Headers {
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  if (!isWorkerd()) headers.delete('content-encoding');
  return headers;
}

/** Lets the host see of `answer` what the inner fetch gave. */
function showAs(answer: Response, { redirected, type, url }: Response, headers: Headers): Response {
  for (const [name, value] of Object.entries({ headers, redirected, type, url })) {
    Object.defineProperty(answer, name, { configurable: true, value });
  }
  return answer;
}

/** A weak reference; a strong one where there is none, as in workerd at compatibility dates before May 2025. */
export function weakly<Target extends object>(target: Target): Pick<WeakRef<Target>, 'deref'> {
  return typeof WeakRef === 'function' ? new WeakRef(target) : { deref: () => target };
}

/** Calls back after a registered object was collected; never, where the runtime cannot tell. */
export function whenCollected<Held>(callback: (held: Held) => void): Pick<FinalizationRegistry<Held>, 'register'> {
  if (typeof FinalizationRegistry !== 'function') return { register: () => {} };
  return new FinalizationRegistry(callback);
}

let isNative: boolean | undefined;

function isNode(): boolean {
  const versions = globalThis.process?.versions as NodeJS.ProcessVersions | undefined;
  return versions?.node !== undefined && versions['bun'] === undefined && !('Deno' in globalThis) && !isWorkerd();
}

function isWorkerd(): boolean {
  return globalThis.navigator?.userAgent === 'Cloudflare-Workers';
}
