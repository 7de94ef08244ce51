import { useMemo } from 'react';
import type { HTMLAttributes, ReactElement } from 'react';
import { createAmountFormat } from '../format/create-amount-format.ts';
import type { UsageFormatOptions } from '../format/usage-format.ts';
import type { UsageCost } from '../usage/usage-snapshot.ts';
import { domAttributes } from './dom-attributes.ts';
import { textDirection } from './text-direction.ts';
import { useElements } from './use-elements.ts';

/** Props of `MessageTokens`. Global attributes, `aria-*`, `data-*` and event handlers are passed on to its element. */
export interface MessageTokensProps extends Omit<HTMLAttributes<HTMLSpanElement>, 'children'>, UsageFormatOptions {
  /** Tokens of the message. Default: input plus output. Without any of the three, nothing is shown. */
  readonly total?: number | undefined;
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  /** Shown if given: the server decides who sees it. */
  readonly cost?: UsageCost | undefined;
  /** Whether the counts are estimates, which are marked with `≈`. Default false. */
  readonly estimated?: boolean | undefined;
}

/**
 * Shows what one message used, as a small badge: `1.2K tokens · $0.03`. Its tooltip and accessible name contain input and output. A
 * message without counts shows nothing, because unknown is not 0.
 *
 * @example
 * ```tsx
 * <MessageTokens input={message.promptTokens} output={message.completionTokens} locale={language} messages={ru} />
 * ```
 */
export function MessageTokens(props: MessageTokensProps): ReactElement | null {
  const { input, output, cost, estimated = false, className } = props;
  const { locale, messages: words, currencyDisplay } = props;
  const format = useMemo(
    () => createAmountFormat({ locale, messages: words, currencyDisplay }),
    [locale, words, currencyDisplay],
  );
  const element = useElements();
  // oxlint-disable-next-line typescript/no-unnecessary-type-conversion -- databases give bigints, whatever the types say
  const total = Number(props.total ?? ((input ?? output) == null ? NaN : Number(input ?? 0) + Number(output ?? 0)));
  if (!(total >= 0 && total < Infinity)) return null;
  const { messages } = format;
  const parts = [
    [messages.input, input],
    [messages.output, output],
  ] as const;
  const title = parts
    .flatMap(([name, count]) => (count != null && count >= 0 ? [`${name}: ${format.number(count)}`] : []))
    .join(', ');
  const tokens = (estimated ? '≈ ' : '') + format.tokens(total);
  const text = [tokens, cost && format.cost(cost)].filter(Boolean).join(' · ');
  return element(
    'message',
    [element('text', text), title && element('hidden', ` (${title})`)],
    {
      title: title || undefined,
      lang: messages.locale,
      dir: textDirection(messages.locale),
      ...domAttributes(props),
      className,
    },
    'bdi',
  );
}
