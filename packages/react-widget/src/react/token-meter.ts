import { createElement, forwardRef } from 'react';
import type { ReactElement, Ref } from 'react';
import { fill } from '../format/create-amount-format.ts';
import { textDirection } from './text-direction.ts';
import { defaultThresholds } from '../format/usage-level.ts';
import { domAttributes } from './dom-attributes.ts';
import { frontTexts, isAlert, metaText } from './meter-texts.ts';
import { quotaBar } from './quota-bar.ts';
import type { TokenMeterProps } from './token-meter-props.ts';
import { useAnnouncement } from './use-announcement.ts';
import { useElements } from './use-elements.ts';
import { useMeterState } from './use-meter-state.ts';
import { usePopover } from './use-popover.ts';
import { useUsageFormat } from './use-usage-format.ts';
import { usagePanel } from './usage-panel.ts';

/**
 * Shows a user's tokens, and cost and quota if the server exposes them, and updates live. A click opens the details. All states of a
 * variant have the same height. Requires `styles.css`.
 *
 * @example
 * ```tsx
 * <TokenMeter src="/api/usage" userKey={user.id} locale={language} messages={[ru, zh, es]} />
 * ```
 */
export const TokenMeter = /* @__PURE__ */ forwardRef<HTMLDivElement, TokenMeterProps>(function TokenMeter(props, ref) {
  const { variant = 'card', details, thresholds = defaultThresholds, modelName = String, classNames = {} } = props;
  const view = useMeterState(props);
  const format = useUsageFormat(props);
  const [openedAt, trigger, panel] = usePopover(props.onOpenChange);
  const element = useElements(classNames);
  const { usage, level, stale, pending, refresh } = view;
  const { messages } = format;
  const [value, cost] = frontTexts(view, format, props.show);
  const start = metaText(view, format);
  const resetsAt = !stale && usage?.period?.resetsAt;
  const resetsOn = resetsAt && format.date(resetsAt);
  const resets = resetsOn && fill(messages.resets, resetsOn);
  const liveRef = useAnnouncement(props.announce, level, value, [start, resets].filter(Boolean).join('. '));
  if (level === 'unauthorized') return props.fallback;

  const hasPanel = details !== false && !!usage;
  const isButton = level === 'error' || hasPanel;
  const isAtLimit = level === 'over' && props.limitAction !== undefined;
  return createElement(
    'div',
    // oxlint-disable-next-line react/refs -- a property of the element: nothing here reads it
    {
      role: 'group',
      'aria-label': messages.title,
      lang: messages.locale,
      dir: textDirection(messages.locale),
      ...domAttributes(props),
      ref,
      className: [classNames.root, props.className].filter(Boolean).join(' ') || undefined,
      'data-kt': 'root',
      'data-variant': variant,
      'data-state': level,
      'data-stale': stale || undefined,
      'data-pending': pending || undefined,
      'data-open': !!openedAt || undefined,
      'aria-busy': level === 'loading' || undefined,
    },
    element(
      'trigger',
      [element('value', value), cost && element('cost', cost)],
      isButton && { type: 'button', onClick: refresh, ...(hasPanel && trigger) },
      isButton ? 'button' : undefined,
    ),
    quotaBar(element, view, thresholds[0], format),
    element(
      'meta',
      [
        element('start', start),
        isAtLimit
          ? element('action', props.limitAction)
          : resets && [element('reset', `${resetsOn} ↻`, { 'aria-hidden': true }), element('hidden', resets)],
      ],
      { 'data-alert': isAlert(level) || undefined },
    ),
    element('hidden', null, { ref: liveRef, role: 'status' }),
    hasPanel &&
      element(
        'panel',
        openedAt &&
          usagePanel(
            element,
            usage,
            view,
            format,
            details,
            Math.max(props.now ?? openedAt, view.updatedAt ?? 0),
            modelName,
          ),
        { ...panel, 'aria-label': messages.title },
      ),
  );
}) as (props: TokenMeterProps & { readonly ref?: Ref<HTMLDivElement> }) => ReactElement | null;
