import { forwardRef, useId, useImperativeHandle } from 'react';
import type { ReactElement, Ref } from 'react';
import { fill } from '../format/create-usage-format.ts';
import { domAttributes } from './dom-attributes.ts';
import { Formatted } from './formatted.tsx';
import { slotAttributes } from './meter-slot.ts';
import { frontTexts, metaTexts } from './meter-texts.ts';
import { QuotaBar } from './quota-bar.tsx';
import { textDirection } from './text-direction.ts';
import type { TokenMeterProps } from './token-meter-props.ts';
import { UsagePanel } from './usage-panel.tsx';
import { useAnnouncement } from './use-announcement.ts';
import { useMeterState } from './use-meter-state.ts';
import { usePopover } from './use-popover.ts';
import { useUsageFormat } from './use-usage-format.ts';

/**
 * A user's tokens and, where the server exposes them, cost and quota, live; a click opens the details. Every state of a
 * variant has the same height. Needs `styles.css` and no style of its own.
 *
 * @example
 * ```tsx
 * <TokenMeter src="/api/usage" userKey={user.id} locale={language} messages={[ru, zh, es]} />
 * ```
 */
export const TokenMeter = /* @__PURE__ */ forwardRef<HTMLDivElement, TokenMeterProps>(function TokenMeter(props, ref) {
  const { variant = 'card', details, announce = 'threshold', thresholds = [0.75, 0.9], modelName = sameName } = props;
  const view = useMeterState(props);
  const format = useUsageFormat(props);
  const id = useId();
  const { usage, level, stale, pending, ratio } = view;
  const { messages } = format;
  const hasPanel = details !== false && usage !== undefined;
  const { rootRef, triggerRef, panelRef, isOpen, toggle } = usePopover(hasPanel, props.onOpenChange);
  useImperativeHandle(ref, () => rootRef.current as HTMLDivElement, [rootRef]);
  const slot = slotAttributes(props.classNames);
  const { value, cost } = frontTexts(view, format, props.show);
  const { start, resetsOn } = metaTexts(view, format);
  const resets = resetsOn && fill(messages.resets, resetsOn);
  const live = useAnnouncement(announce, level, {
    value,
    threshold: [start, resets].filter(Boolean).join('. '),
    error: messages.error,
  });
  if (level === 'unauthorized') return <>{props.fallback}</>;

  const isError = level === 'error';
  const front = (
    <>
      <span {...slot('value')}>{level !== 'loading' && <Formatted text={value} />}</span>
      {cost !== '' && (
        <span {...slot('cost')}>
          <Formatted text={cost} />
        </span>
      )}
    </>
  );
  const root = slot('root');
  return (
    <div
      role="group"
      aria-label={messages.title}
      lang={messages.locale}
      dir={textDirection(messages.locale)}
      {...domAttributes(props)}
      {...root}
      className={[root.className, props.className].filter(Boolean).join(' ') || undefined}
      ref={rootRef}
      data-variant={variant}
      data-state={level}
      data-stale={stale || undefined}
      data-pending={pending || undefined}
      data-open={isOpen || undefined}
      aria-busy={level === 'loading' || undefined}
    >
      {isError || hasPanel ? (
        <button
          {...slot('trigger')}
          ref={triggerRef}
          type="button"
          onClick={isError ? () => void view.refresh() : toggle}
          {...(hasPanel && { 'aria-haspopup': 'dialog', 'aria-expanded': isOpen, 'aria-controls': id })}
        >
          {front}
        </button>
      ) : (
        <div {...slot('trigger')}>{front}</div>
      )}
      <QuotaBar {...{ quota: usage?.quota, ratio, near: thresholds[0], format, slot }} />
      <div {...slot('meta')} data-alert={alerting.test(level) || undefined}>
        {level !== 'loading' && (
          <>
            <Formatted text={start} />
            {level === 'over' && props.limitAction !== undefined ? (
              <span data-kt="action">{props.limitAction}</span>
            ) : (
              resets && (
                <>
                  <span data-kt="reset" aria-hidden="true">
                    <Formatted text={`${resetsOn} ↻`} />
                  </span>
                  <span data-kt="hidden">
                    <Formatted text={resets} />
                  </span>
                </>
              )
            )}
          </>
        )}
      </div>
      <span ref={live} data-kt="live" role="status" aria-atomic="true" />
      {hasPanel && (
        <div
          {...slot('panel')}
          ref={panelRef}
          id={id}
          popover="auto"
          role="dialog"
          aria-label={messages.title}
          tabIndex={-1}
        >
          {isOpen && <UsagePanel {...{ view, format, slot, details, now: props.now, modelName }} />}
        </div>
      )}
    </div>
  );
}) as (props: TokenMeterProps & { readonly ref?: Ref<HTMLDivElement> }) => ReactElement | null;

/** States whose small print must not be overlooked. */
const alerting = /near|critical|over|error/;

function sameName(model: string): string {
  return model;
}
