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
  const answer = new Response(response.body, response);
  for (const name of ['headers', 'redirected', 'type', 'url'] as const) {
    Object.defineProperty(answer, name, { configurable: true, value: response[name] });
  }
  const isUsed = Object.getOwnPropertyDescriptor(Response.prototype, 'bodyUsed')?.get;
  // The SDK reads the source directly, which leaves the stream in between untouched.
  const bodyUsed = (): boolean => response.bodyUsed || isUsed?.call(answer) === true;
  Object.defineProperty(answer, 'bodyUsed', { configurable: true, get: bodyUsed });
  return answer;
}

let isNative: boolean | undefined;

function isNode(): boolean {
  const versions = globalThis.process?.versions as NodeJS.ProcessVersions | undefined;
  return versions?.node !== undefined && versions['bun'] === undefined && !('Deno' in globalThis) && !isWorkerd();
}

function isWorkerd(): boolean {
  return globalThis.navigator?.userAgent === 'Cloudflare-Workers';
}
