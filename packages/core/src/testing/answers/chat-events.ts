import type { ChatAnswerOptions, ErrorChunkOptions } from './chat-answer-options.ts';
import type { CompletionShape, FakeToolCall } from './completion-shape.ts';
import type { SseEvent } from './sse-writer.ts';
import { jsonWithUsage } from './wire-usage.ts';

/** A chat stream before it is written down. */
export interface ChatStream {
  readonly shape: CompletionShape;
  /** Members every chunk carries. */
  readonly whole: Readonly<Record<string, unknown>>;
  readonly tokens: readonly string[];
  readonly toolCalls: readonly FakeToolCall[];
  readonly toolTokens: number;
  readonly finishReason: string;
  /** Whether the request asked: then chunks without usage say `"usage":null`, as OpenAI's do. */
  readonly isAsked: boolean;
  readonly hasUsage: boolean;
  /** JSON text of the usage object after so many output tokens. */
  usageAfter(outputTokens: number): string;
}

/** The events of a chat or legacy completions stream. */
export function* chatEvents(stream: ChatStream, options: ChatAnswerOptions): Generator<SseEvent> {
  const { shape, tokens, hasUsage } = stream;
  const { usageAt = 'own-chunk', done = true, errorChunk } = options;
  const hasGrowingUsage = hasUsage && usageAt === 'every-chunk';
  const allTokens = tokens.length + stream.toolTokens;
  let chunks = 0;

  function chunk(choices: readonly object[], usage: string | undefined, extra?: object): SseEvent {
    const members: Record<string, unknown> = {
      ...stream.whole,
      object: shape.chunkObject,
      ...extra,
      choices,
      usage: null,
    };
    if (usage === undefined && !stream.isAsked) delete members['usage'];
    if (options.obfuscation === true) members['obfuscation'] = 'fakepadding'.slice(chunks++ % 11);
    const data = jsonWithUsage(members, usage);
    return usage === undefined ? { data } : { data, usage };
  }
  const growing = (outputTokens: number): string | undefined =>
    hasGrowingUsage ? stream.usageAfter(outputTokens) : undefined;

  if (shape.opening !== undefined) yield chunk([shape.opening], growing(0));
  for (const [index, token] of tokens.entries()) {
    if (index === errorChunk?.afterTokens) break;
    yield chunk([shape.delta(token)], growing(index + 1));
  }
  if (errorChunk !== undefined) {
    yield failedChunk(errorChunk);
    if (done !== false) yield { data: '[DONE]' };
    return;
  }
  for (const choice of shape.toolDeltas(stream.toolCalls)) yield chunk([choice], growing(allTokens));

  const usage = stream.usageAfter(allTokens);
  const isOnFinish = hasUsage && (usageAt === 'finish-chunk' || usageAt === 'every-chunk');
  yield chunk([shape.finish(stream.finishReason)], isOnFinish ? usage : undefined);
  if (done === 'before-usage') yield { data: '[DONE]' };
  if (hasUsage && usageAt === 'own-chunk') yield chunk([], usage);
  if (hasUsage && usageAt === 'after-finish') yield chunk([shape.finish(stream.finishReason)], usage);
  if (done === true) yield { data: '[DONE]' };

  function failedChunk(failure: ErrorChunkOptions): SseEvent {
    const { code = 502, message = 'Provider disconnected' } = failure;
    const sentTokens = Math.min(failure.afterTokens, tokens.length);
    const failedUsage = failure.hasUsage === true ? stream.usageAfter(sentTokens) : undefined;
    return chunk([shape.finish('error')], failedUsage, { error: { code, message } });
  }
}
