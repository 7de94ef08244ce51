import type { Readable } from 'node:stream';

/** The ways a host passes the raw body of an answer on, each read to the end as text, or as parts of text. */
export const handOn: Readonly<Record<string, (response: Response) => unknown>> = {
  'new Response(body)': (response) => new Response(bodyOf(response)).text(),
  'new Response(body).arrayBuffer': async (response) => decode(await new Response(bodyOf(response)).arrayBuffer()),
  text: (response) => response.text(),
  arrayBuffer: async (response) => decode(await response.arrayBuffer()),
  blob: async (response) => (await response.blob()).text(),
  bytes: async (response) => decode(await response.bytes()),
  clone: (response) => {
    const copy = response.clone();
    return Promise.all([response.text(), copy.text()]);
  },
  tee: (response) => Promise.all(bodyOf(response).tee().map(textOf)),
  'tee, one side natively': (response) => {
    const [one, other] = bodyOf(response).tee();
    return Promise.all([new Response(one).text(), textOf(other)]);
  },
  pipeTo: async (response) => {
    const chunks: Uint8Array[] = [];
    await bodyOf(response).pipeTo(new WritableStream({ write: (chunk: Uint8Array) => void chunks.push(chunk) }));
    return joined(chunks);
  },
  'pipeTo a native stream': async (response) => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const [text] = await Promise.all([new Response(readable).text(), bodyOf(response).pipeTo(writable)]);
    return text;
  },
  pipeThrough: async (response) => {
    let text = '';
    const decoder = new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>;
    for await (const part of readAll(bodyOf(response).pipeThrough(decoder))) text += part;
    return text;
  },
  'for await': async (response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of bodyOf(response) as unknown as AsyncIterable<Uint8Array>) chunks.push(chunk);
    return joined(chunks);
  },
  getReader: (response) => textOf(bodyOf(response)),
  'Readable.fromWeb': async (response) => {
    const stream = globalThis.process?.getBuiltinModule?.('node:stream');
    if (stream === undefined) return 'this runtime has no node:stream';
    const chunks: Uint8Array[] = [];
    const readable: Readable = stream.Readable.fromWeb(bodyOf(response) as never);
    for await (const chunk of readable) chunks.push(chunk as Uint8Array);
    return joined(chunks);
  },
};

interface ReadableWritablePair<Out, In> {
  readable: ReadableStream<Out>;
  writable: WritableStream<In>;
}

function bodyOf(response: Response): ReadableStream<Uint8Array> {
  const { body } = response;
  if (body === null) throw new Error('the answer has no body');
  return body;
}

async function* readAll<Part>(stream: ReadableStream<Part>): AsyncGenerator<Part> {
  const reader = stream.getReader();
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one read after the other is the point
    const result = await reader.read();
    if (result.done) return;
    yield result.value;
  }
}

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readAll(stream)) chunks.push(chunk);
  return joined(chunks);
}

function joined(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode();
}

function decode(bytes: ArrayBuffer | Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
