import { frameData } from './frame-data.ts';
import type { FrameData } from './frame-data.ts';
import type { FrameOptions, FrameUsage } from './frame-options.ts';

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
  /** Identifies the reply: a part with the same id replaces the first. */
  readonly id: string;
  /** What the widget reads. */
  readonly data: FrameData;
}

/**
 * Creates the part for `writer.write` of an AI SDK UI message stream. It is not transient, so the message keeps its usage.
 *
 * @param usage - The result of `turn.usage()`.
 * @returns A plain JSON value. Contains only token counts, unless `expose` adds more.
 * @throws MeterError `invalid_options` if an option is wrong; the message names it.
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
