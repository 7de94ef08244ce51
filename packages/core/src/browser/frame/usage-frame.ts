import type { FrameOptions, FrameUsage } from './frame-options.ts';
import { usageChunk } from './usage-chunk.ts';

/** Options of {@link usageFrame}. */
export interface UsageFrameOptions extends FrameOptions {
  /**
   * Name of the event, one line, for browser code that listens by name, for example `usage`. Default: none, because `openai` 4 gives
   * named events another shape, and breaks on them in its `stream()` helper.
   */
  readonly event?: string;
}

/**
 * Builds a server-sent event with the usage of a reply. Write it before `data: [DONE]`.
 *
 * Its body is a usage chunk in OpenAI's format with an additional `kilotoken` field. `openai` 4 to 7 and the AI SDK read it as the
 * usage of the stream, and ignore the additional field.
 *
 * @param usage - The result of `turn.usage()`.
 * @returns One `data:` line and the empty line that ends an event. Contains only token counts, unless `expose` adds more.
 * @throws MeterError `invalid_options` if an option is wrong, or `event` has more than one line; the message names the option.
 *
 * @example
 * ```ts
 * response.write(usageFrame(await turn.usage()));
 * response.write('data: [DONE]\n\n');
 * ```
 */
export function usageFrame(usage: FrameUsage, options: UsageFrameOptions = {}): string {
  const body = JSON.stringify(usageChunk(usage, options));
  const { event } = options;
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${body}\n\n`;
}
