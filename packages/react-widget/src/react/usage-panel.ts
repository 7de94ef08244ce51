import type { ReactNode } from 'react';
import type { UsageFormat } from '../format/usage-format.ts';
import { fill } from '../format/create-amount-format.ts';
import type { UsageShare, UsageSnapshot } from '../usage/usage-snapshot.ts';
import type { MakeElement } from './use-elements.ts';
import type { PanelSection } from './token-meter-props.ts';
import { usageDays } from './usage-days.ts';
import type { TokenUsage } from './use-token-usage.ts';

/** What is inside of the open panel. What the server does not send is left out. */
export function usagePanel(
  element: MakeElement,
  usage: UsageSnapshot,
  { stale, updatedAt, refresh }: TokenUsage,
  format: UsageFormat,
  details: readonly PanelSection[] | undefined,
  now: number,
  modelName: (model: string) => string,
): ReactNode {
  const kinds = [['input'], ['cached', 'input'], ['cacheWrite', 'input'], ['output'], ['reasoning', 'output']] as const;
  const { messages } = format;
  const { period, counts, cost, last, days, models = [] } = usage;
  const paid = cost && format.cost(cost);
  const shown = models.slice(0, models.length > 4 ? 3 : 4);
  const rest = models.slice(shown.length).reduce((sum, { total }) => sum + total, 0);

  const row = (
    kind: string,
    name: string,
    value: string,
    key: string | number = kind,
    whole?: string,
    share?: ReactNode,
  ): ReactNode =>
    element(
      'row',
      [element('name', [element('label', name, {}, 'bdi'), share], {}, 'dt'), element('amount', value, {}, 'dd')],
      { key, 'data-kind': kind, 'data-part': whole },
    );
  const rows = (...content: readonly ReactNode[]): ReactNode => element('rows', content, {}, 'dl');
  const shareText = (share: UsageShare): string =>
    [format.compact(share.total), share.cost && format.cost(share.cost)].filter(Boolean).join(' · ');

  const sections: { readonly [Section in PanelSection]: ReactNode } = {
    breakdown: rows(
      kinds.map(([kind, whole]) => {
        const count = counts[kind];
        // A part of nothing says nothing.
        if (count === undefined || (whole && count === 0)) return undefined;
        const share = kind === 'cached' && counts.input && element('share', format.percent(count / counts.input));
        return row(kind, messages[kind], format.number(count), kind, whole, share);
      }),
      paid && row('cost', messages.cost, paid),
    ),
    last: last && rows(row('last', messages.last, shareText(last))),
    days: days && usageDays(element, days, format),
    models: shown.length > 0 && [
      element('caption', [messages.byModel]),
      rows(
        shown.map((each, index) => row('model', modelName(each.model), shareText(each), index)),
        rest > 0 && row('model', messages.other, format.compact(rest)),
      ),
    ],
  };
  return [
    element('heading', [
      element('period', format.period(period)),
      element('total', (usage.estimated ? '≈ ' : '') + format.number(usage.total)),
    ]),
    (details ?? (Object.keys(sections) as PanelSection[])).map(
      (name) => sections[name] && element('section', sections[name], { key: name, 'data-section': name }),
    ),
    element('footer', [
      element('notes', [
        period?.resetsAt && element('reset', fill(messages.resets, format.date(period.resetsAt, 'long'))),
        stale && element('offline', messages.offline),
        updatedAt && element('updated', format.updated(now - updatedAt)),
      ]),
      element('refresh', messages.refresh, { type: 'button', onClick: refresh }, 'button'),
    ]),
  ];
}
