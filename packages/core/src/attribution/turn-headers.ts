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
  if (Array.isArray(headers)) return [...(headers as unknown[]), [name, value]];
  if (headers instanceof Headers) return { ...Object.fromEntries(headers), [name]: value };
  return { ...(headers as object | undefined), [name]: value };
}
