import type { ReactElement } from 'react';
import type { UsageFormat } from '../format/usage-format.ts';
import { fill } from '../format/create-amount-format.ts';
import type { MakeElement } from './use-elements.ts';
import type { TokenUsage } from './use-token-usage.ts';

/**
 * How much of the quota is used. Without a quota it only keeps its place: a meter needs a maximum. Sizes are SVG
 * attributes, because strict content policies forbid inline styles in server markup.
 */
export function quotaBar(
  element: MakeElement,
  { usage, ratio = 0 }: TokenUsage,
  near: number,
  format: UsageFormat,
): ReactElement {
  const quota = usage?.quota;
  const percent = Math.min(1, ratio) * 100;
  return element(
    'bar',
    quota &&
      element(
        'track',
        [
          element('fill', null, { width: `${percent}%`, height: '100%' }, 'rect'),
          near < 1 && element('tick', null, { width: 1, height: '100%', x: `${near * 100}%` }, 'rect'),
        ],
        { 'aria-hidden': true },
        'svg',
      ),
    quota && {
      role: 'meter',
      'aria-label': format.messages.title,
      'aria-valuenow': Math.floor(percent),
      'aria-valuetext': `${fill(format.messages.ofQuota, format.percent(ratio))}. ${format.left(quota)}`,
    },
  );
}
