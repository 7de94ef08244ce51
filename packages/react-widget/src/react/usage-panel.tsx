import { useState } from 'react';
import type { ReactElement } from 'react';
import type { UsageFormat } from '../format/create-usage-format.ts';
import { fill } from '../format/create-usage-format.ts';
import { UsageDays } from './usage-days.tsx';
import { Formatted } from './formatted.tsx';
import type { SlotAttributes } from './meter-slot.ts';
import type { PanelSection } from './token-meter-props.ts';
import { LastReply, UsageBreakdown, UsageModels } from './usage-breakdown.tsx';
import type { TokenUsage } from './use-token-usage.ts';

const sections: readonly PanelSection[] = ['breakdown', 'last', 'days', 'models'];

/** What is inside of the open panel. */
export function UsagePanel(props: {
  readonly view: TokenUsage;
  readonly format: UsageFormat;
  readonly slot: SlotAttributes;
  readonly details: readonly PanelSection[] | undefined;
  readonly now: number | undefined;
  readonly modelName: (model: string) => string;
}): ReactElement | null {
  const { view, format, slot, details = sections, modelName } = props;
  const [openedAt, setNow] = useState(() => Date.now());
  const { usage, stale, updatedAt, refresh } = view;
  if (!usage) return null;
  const { messages } = format;
  const now = Math.max(props.now ?? openedAt, updatedAt ?? 0);
  const rows = { usage, format, slot };
  return (
    <>
      <p {...slot('heading')}>
        <Formatted text={format.period(usage.period)} />
        <Formatted text={(usage.estimated ? '≈ ' : '') + format.number(usage.total)} />
      </p>
      {details.map((section) => {
        if (section !== 'breakdown' && !usage[section]) return null;
        return (
          <div key={section} data-section={section}>
            {section === 'breakdown' && <UsageBreakdown {...rows} />}
            {section === 'last' && <LastReply {...rows} />}
            {section === 'days' && <UsageDays {...rows} />}
            {section === 'models' && <UsageModels {...rows} modelName={modelName} />}
          </div>
        );
      })}
      <div {...slot('footer')}>
        <span>
          {usage.period?.resetsAt !== undefined && (
            <span data-kt="reset">{fill(messages.resets, format.date(usage.period.resetsAt, 'long'))}</span>
          )}
          {stale && <span data-kt="offline">{messages.offline}</span>}
          {updatedAt !== undefined && <span data-kt="updated">{format.updated(now - updatedAt)}</span>}
        </span>
        <button {...slot('refresh')} type="button" onClick={() => void refresh().then(() => setNow(Date.now()))}>
          {messages.refresh}
        </button>
      </div>
    </>
  );
}
