import type { ReactElement } from 'react';
import type { UsageFormat } from '../format/create-usage-format.ts';
import { fill } from '../format/create-usage-format.ts';
import type { UsageQuota } from '../usage/usage-snapshot.ts';
import { useHydrated } from './use-hydrated.ts';
import type { SlotAttributes } from './meter-slot.ts';

/**
 * How much of the quota is used. Without a quota it only keeps its place: a meter needs a maximum. Sizes are SVG
 * attributes, because strict content policies forbid inline styles in server markup.
 */
export function QuotaBar(props: {
  readonly quota: UsageQuota | undefined;
  readonly ratio: number | undefined;
  readonly near: number;
  readonly format: UsageFormat;
  readonly slot: SlotAttributes;
}): ReactElement {
  const { quota, ratio = 0, near, format, slot } = props;
  const { messages } = format;
  const isHydrated = useHydrated();
  const share = `${(Math.min(1, ratio) * 100).toFixed(2)}%`;
  const meter = quota && {
    role: 'meter',
    'aria-label': messages.title,
    'aria-valuemin': 0,
    'aria-valuemax': 100,
    'aria-valuenow': Math.min(100, Math.floor(ratio * 100)),
    'aria-valuetext': `${fill(messages.ofQuota, format.percent(ratio))}. ${format.left(quota)}`,
  };
  return (
    <div {...slot('bar')} key={String(isHydrated)} {...meter} suppressHydrationWarning>
      {quota && (
        <svg data-kt="track" aria-hidden="true" focusable="false">
          <rect data-kt="rest" width="100%" height="100%" />
          <rect data-kt="fill" width={share} height="100%" />
          {near < 1 && <rect data-kt="tick" x={`${near * 100}%`} width="1" height="100%" />}
        </svg>
      )}
    </div>
  );
}
