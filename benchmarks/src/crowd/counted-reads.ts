import type OpenAI from 'openai';

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Counts what the client reads of the bodies it gets from now on, where it gets them: in front of whoever meters it. */
export function countReads(client: OpenAI, counted: { reads: number }): void {
  const seen = client as unknown as { fetch: typeof globalThis.fetch };
  const { fetch } = seen;
  const count = <Read extends () => unknown>(read: Read, reader: object): Read =>
    (() => {
      counted.reads += 1;
      return read.call(reader);
    }) as Read;
  seen.fetch = async (input, init) => {
    const response = await fetch(input, init);
    const body = response.body as (Body & Record<'getReader', unknown>) | null;
    if (body === null) return response;
    // The floor has a body that can only be iterated over.
    if (typeof body.getReader === 'function') {
      const reader = body.getReader();
      reader.read = count(reader.read, reader);
      body.getReader = (() => reader) as Body['getReader'];
    } else {
      const iterator = (body as Body)[Symbol.asyncIterator]();
      iterator.next = count(iterator.next, iterator);
      (body as Body)[Symbol.asyncIterator] = () => iterator;
    }
    return response;
  };
}
