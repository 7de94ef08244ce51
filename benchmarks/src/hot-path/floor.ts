// The least that a meter on `fetch` can do and still record something: no promise of kilotoken is kept here beyond the
// counts of an answer that ends well. What it costs inside the SDK is the floor that no meter gets under.

interface FloorRecord {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly picoUsd: number;
}

interface Answer {
  readonly model: string;
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null;
}

type Piece = readonly [start: number, end: number];
type Read = { readonly done: false; readonly value: Uint8Array } | { readonly done: true; readonly value?: undefined };

const usageMark = new TextEncoder().encode('"usage":{');
const nullMark = new TextEncoder().encode(',"usage":null');
const blankLine = new TextEncoder().encode('\n\n');
const LF = 0x0a;
const nothing = new Uint8Array(0);
const decoder = new TextDecoder();
const find = Buffer.prototype.lastIndexOf;
// Not the read's own: that of a Buffer is a view.
const sliceOf = Uint8Array.prototype.slice;

/** A metered `fetch`; records go into `queue`. */
export function floorFetch(inner: typeof fetch, queue: unknown[]): typeof fetch {
  return async (input, init) => {
    const startedAt = Date.now();
    const body = init?.body as string;
    const isStream = body.includes('"stream":true');
    const hides = isStream && !body.includes('"include_usage":true');
    const sent = hides
      ? { ...init, body: body.replace('"stream":true', '"stream":true,"stream_options":{"include_usage":true}') }
      : init;
    const response = await inner(input, sent);
    const record = (answer: Answer): void => {
      const { prompt_tokens: inputTokens = 0, completion_tokens: outputTokens = 0 } = answer.usage ?? {};
      const picoUsd = inputTokens * 250_000 + outputTokens * 2_000_000;
      const made: FloorRecord = {
        startedAt,
        endedAt: Date.now(),
        model: answer.model,
        inputTokens,
        outputTokens,
        picoUsd,
      };
      queue.push(made);
    };
    if (isStream) shadowBody(response, hides, record);
    else shadowText(response, record);
    return response;
  };
}

function shadowText(response: Response, record: (answer: Answer) => void): void {
  const value = async (): Promise<string> => {
    const text = await Response.prototype.text.call(response);
    record(JSON.parse(text) as Answer);
    return text;
  };
  Object.defineProperty(response, 'text', { value });
}

function shadowBody(response: Response, hides: boolean, record: (answer: Answer) => void): void {
  const reader = response.body?.getReader() as { read(): Promise<Read>; cancel(): Promise<void> } | undefined;
  if (reader === undefined) return;
  /** Of the event under way, where a read ends within one. */
  let begun: Uint8Array = nothing;
  const see = (result: Read): Read => {
    if (result.done) return result;
    const { value } = result;
    const read = begun.length === 0 ? value : Buffer.concat([begun, value]);
    const end = lastBorder(read);
    begun = end === read.length ? nothing : read.subarray(end);
    const events = begun === nothing ? read : read.subarray(0, end);
    const at = find.call(events, usageMark);
    const report = at < 0 ? undefined : eventAt(events, at);
    if (report !== undefined) record(JSON.parse(decoder.decode(events.subarray(...report)).slice(5)) as Answer);
    return hides ? { done: false, value: withoutTraces(events, report) } : result;
  };
  const next = (): Promise<Read> => reader.read().then(see);
  const body = { [Symbol.asyncIterator]: () => ({ next, return: async () => reader.cancel() }) };
  Object.defineProperty(response, 'body', { value: body });
}

/** Where the last event ends that is here as a whole. */
function lastBorder(bytes: Uint8Array): number {
  if (bytes[bytes.length - 1] === LF && bytes[bytes.length - 2] === LF) return bytes.length;
  const at = find.call(bytes, blankLine);
  return at < 0 ? 0 : at + blankLine.length;
}

/** Where the event of one line begins that has this place in it, and where its blank line ends. */
function eventAt(bytes: Uint8Array, at: number): Piece {
  return [bytes.lastIndexOf(LF, at) + 1, bytes.indexOf(LF, at) + blankLine.length];
}

function withoutTraces(bytes: Uint8Array, report: Piece | undefined): Uint8Array {
  const cuts: Piece[] = report === undefined ? [] : [report];
  let at = find.call(bytes, nullMark);
  for (; at > 0; at = find.call(bytes, nullMark, at - 1)) cuts.push([at, at + nullMark.length]);
  if (cuts.length === 0) return bytes;
  const length = cuts.reduce((left, [start, end]) => left - (end - start), bytes.length);
  // What is behind the last cut is in place with the copy.
  const kept = sliceOf.call(bytes, bytes.length - length);
  let [from, to] = [0, 0];
  for (const [start, end] of cuts.toSorted(([one], [other]) => one - other)) {
    kept.set(bytes.subarray(from, start), to);
    to += start - from;
    from = end;
  }
  return kept;
}
