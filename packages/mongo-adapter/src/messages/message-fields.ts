import { withoutUndefined } from '@kilotoken/core/store-kit';
import type { MessageSums } from '../fold/usage-database.ts';

/** Names of the counts on the app's message document; `false` leaves one out. */
export interface MessageFields {
  /** Default `promptTokens`. */
  readonly inputTokens?: string | false;
  /** Default `completionTokens`. */
  readonly outputTokens?: string | false;
  /** Default `totalTokens`. */
  readonly totalTokens?: string | false;
  /** Integer pico-USD. Default `false`. */
  readonly picoUsd?: string | false;
}

/** Names with all defaults filled in. */
export type MessageLayout = Readonly<Record<keyof MessageFields, string | false>>;

/** Default names. */
export const defaultMessageLayout: MessageLayout = {
  inputTokens: 'promptTokens',
  outputTokens: 'completionTokens',
  totalTokens: 'totalTokens',
  picoUsd: false,
};

/** The names in use. A name that is `undefined` was not given; the default stands. */
export function messageLayout(fields: MessageFields = {}): MessageLayout {
  return { ...defaultMessageLayout, ...withoutUndefined(fields) };
}

/** The fields of a message that shows these sums. A count no record carried is left out. */
export function messageValues(
  sums: Pick<MessageSums, 'tokens' | 'picoUsd'>,
  layout: MessageLayout,
): Record<string, bigint> {
  const values: Record<string, bigint> = {};
  const { tokens, picoUsd } = sums;
  if (layout.inputTokens !== false && tokens.it !== undefined) values[layout.inputTokens] = tokens.it;
  if (layout.outputTokens !== false && tokens.ot !== undefined) values[layout.outputTokens] = tokens.ot;
  if (layout.totalTokens !== false && tokens.tt !== undefined) values[layout.totalTokens] = tokens.tt;
  if (layout.picoUsd !== false) values[layout.picoUsd] = picoUsd;
  return values;
}
