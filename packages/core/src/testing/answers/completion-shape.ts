/** A function call the model asks for. */
export interface FakeToolCall {
  /** Name of the function. */
  readonly name: string;
  /** Its arguments: an object, or JSON text as a model writes it. */
  readonly arguments: string | Readonly<Record<string, unknown>>;
  /** Default `call_1`, `call_2`, and so on. */
  readonly id?: string;
}

/** The choices of one completions API, plain and streamed. */
export interface CompletionShape {
  readonly idPrefix: string;
  readonly object: string;
  readonly chunkObject: string;
  /** The choice before the first token; absent where the API sends none. */
  readonly opening?: object;
  /** The choice that carries one token. */
  delta(token: string): object;
  /** The choices that carry tool calls. */
  toolDeltas(calls: readonly FakeToolCall[]): readonly object[];
  /** The choice that carries the finish reason. */
  finish(reason: string): object;
  /** The choice of a plain answer. */
  plain(text: string, calls: readonly FakeToolCall[], reason: string): object;
}

/** `POST /chat/completions`. */
export const chatShape: CompletionShape = {
  idPrefix: 'chatcmpl',
  object: 'chat.completion',
  chunkObject: 'chat.completion.chunk',
  opening: chatChoice({ role: 'assistant', content: '', refusal: null }, null),
  delta: (token) => chatChoice({ content: token }, null),
  toolDeltas: (calls) =>
    calls.flatMap((call, index) => [
      chatChoice({ tool_calls: [{ index, ...toolCall({ ...call, arguments: '' }, index) }] }, null),
      chatChoice({ tool_calls: [{ index, function: { arguments: argumentsText(call) } }] }, null),
    ]),
  finish: (reason) => chatChoice({}, reason),
  plain: (text, calls, reason) => ({
    index: 0,
    message: {
      role: 'assistant',
      content: calls.length > 0 && text === '' ? null : text,
      ...(calls.length > 0 ? { tool_calls: calls.map(toolCall) } : {}),
      refusal: null,
    },
    logprobs: null,
    finish_reason: reason,
  }),
};

/** The legacy `POST /completions`. */
export const legacyShape: CompletionShape = {
  idPrefix: 'cmpl',
  object: 'text_completion',
  chunkObject: 'text_completion',
  delta: (token) => legacyChoice(token, null),
  toolDeltas: () => [],
  finish: (reason) => legacyChoice('', reason),
  plain: (text, _calls, reason) => legacyChoice(text, reason),
};

/** The arguments of a call as the JSON text that models write. */
export function argumentsText(call: FakeToolCall): string {
  return typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);
}

function chatChoice(delta: object, reason: string | null): object {
  return { index: 0, delta, logprobs: null, finish_reason: reason };
}

function legacyChoice(text: string, reason: string | null): object {
  return { index: 0, text, logprobs: null, finish_reason: reason };
}

function toolCall(call: FakeToolCall, index: number): object {
  const id = call.id ?? `call_${index + 1}`;
  return { id, type: 'function', function: { name: call.name, arguments: argumentsText(call) } };
}
