import { createElement } from 'react';
import type { ReactElement } from 'react';
import type { UsageFormat } from '../format/create-usage-format.ts';
import type { UsageDay } from '../usage/usage-snapshot.ts';
import type { MakeElement } from './meter-slot.ts';

/** Usage by day as a line of 40 pixels' height; the numbers are in its name. */
export function usageDays(
  element: MakeElement,
  days: readonly UsageDay[],
  { messages, day, tokens, compact }: UsageFormat,
): ReactElement | undefined {
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || first === last || last === undefined) return undefined;
  const highest = days.reduce((a, b) => (b.total > a.total ? b : a));
  const step = 100 / (days.length - 1);
  const points = days.map(
    ({ total }, index) => `${(index * step).toFixed(2)},${(30 - (28 * total) / (highest.total || 1)).toFixed(2)}`,
  );
  const [from, to] = [day(first.day), day(last.day)];
  return element('days', [
    element('caption', messages.byDay, {}, 'div'),
    element(
      'spark',
      createElement('polyline', { points: points.join(' '), vectorEffect: 'non-scaling-stroke' }),
      {
        role: 'img',
        'aria-label': `${messages.byDay}: ${from} – ${to}. ${day(highest.day)}: ${tokens(highest.total)}`,
        viewBox: '0 0 100 32',
        preserveAspectRatio: 'none',
        focusable: false,
      },
      'svg',
    ),
    element('axis', [element('from', from), element('peak', `≤ ${compact(highest.total)}`), element('to', to)], {
      'aria-hidden': true,
    }),
  ]);
}
