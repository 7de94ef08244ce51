import { createElement } from 'react';
import type { ReactElement } from 'react';
import type { UsageFormat } from '../format/usage-format.ts';
import type { UsageDay } from '../usage/usage-snapshot.ts';
import type { MakeElement } from './use-elements.ts';

/** Usage by day as a line of 40 pixels' height; the numbers are in its name. */
export function usageDays(
  element: MakeElement,
  days: readonly UsageDay[],
  { messages, day, tokens, compact }: UsageFormat,
): ReactElement | undefined {
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last || first === last) return undefined;
  const highest = days.reduce((a, b) => (b.total > a.total ? b : a));
  const margin = (highest.total || 1) / 14;
  const [from, to] = [day(first.day), day(last.day)];
  return element('days', [
    element('caption', [messages.byDay]),
    element(
      'spark',
      createElement('polyline', {
        points: days.map(({ total }, index) => `${index},${-total}`).join(' '),
        vectorEffect: 'non-scaling-stroke',
      }),
      {
        role: 'img',
        'aria-label': `${messages.byDay}: ${from} – ${to}. ${day(highest.day)}: ${tokens(highest.total)}`,
        viewBox: [0, -15 * margin, days.length - 1, 16 * margin].join(' '),
        preserveAspectRatio: 'none',
      },
      'svg',
    ),
    element('axis', [element('from', from), element('peak', `≤ ${compact(highest.total)}`), element('to', to)], {
      'aria-hidden': true,
    }),
  ]);
}
