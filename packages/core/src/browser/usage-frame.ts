import type { FrameUsage } from './frame-data.ts';
import type { FrameOptions } from './frame-options.ts';
import { usageChunk } from './usage-chunk.ts';

/** What {@link usageFrame} takes besides the usage. */
export interface UsageFrameOptions extends FrameOptions {
  /**
   * Name of the event, one line, for apps whose browser code listens by name, for example `usage`. Default: none, because
   * `openai` 4 gives named events another shape, and breaks on them in its `stream()` helper.
   */
  readonly event?: string;
}

/**
 * One server-sent event with the usage of a reply, to be written before `data: [DONE]`.
 *
 * Its body is a usage chunk as OpenAI sends it, with ours added under `kilotoken`: `openai` 4 to 7 and the AI SDK read it
 * as the usage of the stream, and pass over what they do not know.
 *
 * @param usage - Answer of `turn.usage()`.
 * @returns One `data:` line and the empty line that ends an event. Tokens only, unless `expose` says more.
 * @throws MeterError `invalid_options`, naming the option that is wrong, also where `event` has more than one line.
 *
 * @example
 * ```ts
 * response.write(usageFrame(await turn.usage()));
 * response.write('data: [DONE]\n\n');
 * ```
 */
export function usageFrame(usage: FrameUsage, options: UsageFrameOptions = {}): string {
  const { event } = options;
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(usageChunk(usage, options))}\n\n`;
}
