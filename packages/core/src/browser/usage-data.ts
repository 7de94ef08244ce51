import { frameData } from './frame-data.ts';
import type { FrameData, FrameUsage } from './frame-data.ts';
import type { FrameOptions } from './frame-options.ts';

/**
 * The usage of a reply as a part of an AI SDK UI message.
 *
 * @example
 * ```ts
 * const part: UsageDataPart = usageData(await turn.usage());
 * ```
 */
export interface UsageDataPart {
  /** Name of the part in the stream. */
  readonly type: 'data-usage';
  /** Names the reply: a part that comes again replaces the first. */
  readonly id: string;
  /** What the meter of the browser reads. */
  readonly data: FrameData;
}

/**
 * Makes the part for `writer.write` of an AI SDK UI message stream. It is not transient, so the message keeps its usage.
 *
 * @param usage - Answer of `turn.usage()`.
 * @returns A plain JSON value. Tokens only, unless `expose` says more.
 * @throws MeterError `invalid_options`, naming the option that is wrong.
 *
 * @example
 * ```ts
 * writer.write(usageData(await turn.usage()));
 * ```
 */
export function usageData(usage: FrameUsage, options: FrameOptions = {}): UsageDataPart {
  const data = frameData(usage, options);
  return { type: 'data-usage', id: data.id, data };
}
