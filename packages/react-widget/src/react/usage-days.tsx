import type { ReactElement } from 'react';
import type { UsageFormat } from '../format/create-usage-format.ts';
import type { UsageSnapshot } from '../usage/usage-snapshot.ts';
import { Formatted } from './formatted.tsx';
import type { SlotAttributes } from './meter-slot.ts';

/** Usage by day as a line of 40 pixels' height; the numbers are in its name. */
export function UsageDays(props: {
  readonly usage: UsageSnapshot;
  readonly format: UsageFormat;
  readonly slot: SlotAttributes;
}): ReactElement | null {
  const { usage, format, slot } = props;
  const { days = [] } = usage;
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined || days.length < 2) return null;
  const highest = days.reduce((a, b) => (b.total > a.total ? b : a));
  const step = 100 / (days.length - 1);
  const points = days.map(({ total }, index) => {
    const height = highest.total > 0 ? total / highest.total : 0;
    return `${(index * step).toFixed(2)},${(30 - height * 28).toFixed(2)}`;
  });
  const name = `${format.messages.byDay}: ${format.day(first.day)} – ${format.day(last.day)}`;
  return (
    <div {...slot('days')}>
      <p data-kt="caption">{format.messages.byDay}</p>
      <svg
        data-kt="spark"
        role="img"
        aria-label={`${name}. ${format.day(highest.day)}: ${format.tokens(highest.total)}`}
        viewBox="0 0 100 32"
        preserveAspectRatio="none"
        focusable="false"
      >
        <polyline points={points.join(' ')} vectorEffect="non-scaling-stroke" />
      </svg>
      <div data-kt="axis" aria-hidden="true">
        <Formatted text={format.day(first.day)} />
        <Formatted text={`≤ ${format.compact(highest.total)}`} />
        <Formatted text={format.day(last.day)} />
      </div>
    </div>
  );
}
