/** Request options as the OpenAI SDK and the AI SDK take them. */
export interface WithHeaders {
  readonly headers?: unknown;
}

/**
 * Adds one header to a host's own request options, whose headers may be a plain object, pairs or `Headers`. Nothing of
 * the host's is changed.
 */
export function withTurnHeader<Options extends object>(
  options: Options,
  name: string,
  value: string,
): Omit<Options, 'headers'> & { readonly headers: Record<string, string> } {
  const { headers } = options as WithHeaders;
  return { ...options, headers: merged(headers, name, value) as Record<string, string> };
}

function merged(headers: unknown, name: string, value: string): unknown {
  if (Array.isArray(headers)) return [...(headers as unknown[]).filter((pair) => !isNamed(pair, name)), [name, value]];
  const entries = isIterable(headers) ? [...headers] : Object.entries(headers ?? {});
  return Object.fromEntries([...entries.filter((pair) => !isNamed(pair, name)), [name, value]]);
}

/** `Headers` of any make. */
function isIterable(headers: unknown): headers is Iterable<[string, unknown]> {
  return typeof headers === 'object' && headers !== null && Symbol.iterator in headers;
}

/** Two headers of one name would be sent as one, and name no turn. */
function isNamed(pair: unknown, name: string): boolean {
  return Array.isArray(pair) && typeof pair[0] === 'string' && pair[0].toLowerCase() === name;
}
