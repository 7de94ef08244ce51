/** Headers of a request in any of the forms `fetch` takes. */
export type RequestHeaders = RequestInit['headers'];

/** Reads one header. `name` in lower case. */
export function readHeader(headers: RequestHeaders, name: string): string | undefined {
  if (headers === undefined || headers === null) return undefined;
  if (typeof (headers as Headers).get === 'function') return (headers as Headers).get(name) ?? undefined;
  for (const [key, value] of entriesOf(headers)) if (key.toLowerCase() === name) return value;
  return undefined;
}

/** A copy of the headers, in the same form, without one and with others set. Names in lower case. */
export function changeHeaders(
  headers: RequestHeaders,
  remove: string,
  set: Readonly<Record<string, string>>,
): RequestHeaders {
  if (headers === undefined || headers === null) return headers;
  if (typeof (headers as Headers).get === 'function') {
    const copy = new (headers.constructor as typeof Headers)(headers);
    copy.delete(remove);
    for (const [name, value] of Object.entries(set)) if (copy.has(name)) copy.set(name, value);
    return copy;
  }
  const changed = entriesOf(headers)
    .filter(([name]) => name.toLowerCase() !== remove)
    .map(([name, value]): [string, string] => [name, set[name.toLowerCase()] ?? value]);
  return Array.isArray(headers) ? changed : Object.fromEntries(changed);
}

function entriesOf(headers: NonNullable<RequestHeaders>): [string, string][] {
  if (Symbol.iterator in headers) return [...(headers as Iterable<[string, string]>)];
  return Object.entries(headers as Record<string, string>);
}
