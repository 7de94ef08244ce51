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

type Read = { readonly done: false; readonly value: Uint8Array } | { readonly done: true; readonly value?: undefined };

const usageMark = new TextEncoder().encode('"usage":{');
const nullMark = new TextEncoder().encode(',"usage":null');
const decoder = new TextDecoder();
const find = Buffer.prototype.lastIndexOf;

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
  const see = (result: Read): Read => {
    if (result.done) return result;
    const { value } = result;
    if (find.call(value, usageMark) >= 0) {
      const text = decoder.decode(value);
      record(JSON.parse(text.slice(text.indexOf('{'), text.indexOf('\n'))) as Answer);
      return hides ? { done: false, value: value.subarray(value.length) } : result;
    }
    if (!hides) return result;
    const at = find.call(value, nullMark);
    if (at < 0) return result;
    const kept = value.slice(nullMark.length);
    kept.set(value.subarray(0, at));
    return { done: false, value: kept };
  };
  const next = (): Promise<Read> => reader.read().then(see);
  const body = { [Symbol.asyncIterator]: () => ({ next, return: async () => reader.cancel() }) };
  Object.defineProperty(response, 'body', { value: body });
}
