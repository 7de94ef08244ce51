import type { UsageFormat } from '../format/create-usage-format.ts';
import { fill } from '../format/create-usage-format.ts';
import type { TokenMeterProps } from './token-meter-props.ts';
import type { TokenUsage } from './use-token-usage.ts';

/** What stands in front: the number people look for, and beside it the cost where it is wanted and known. */
export function frontTexts(
  { usage, level, ratio }: TokenUsage,
  format: UsageFormat,
  show: TokenMeterProps['show'] = 'both',
): { readonly value: string; readonly cost: string } {
  const { messages } = format;
  if (level === 'error') return { value: messages.error, cost: '' };
  if (level === 'empty') return { value: messages.empty, cost: '' };
  if (!usage) return { value: '', cost: '' };
  const cost = usage.cost ? format.cost(usage.cost) : '';
  const tokens = format.tokens(usage.total);
  if (show === 'percent' && ratio !== undefined) return { value: format.percent(ratio), cost: '' };
  if (show === 'remaining' && usage.quota) return { value: format.left(usage.quota), cost: '' };
  if (show === 'cost' && cost !== '') return { value: cost, cost: '' };
  return { value: tokens, cost: show === 'both' ? cost : '' };
}

/** The small print: how far along, and the day it starts anew. Near the limit it turns to what is left. */
export function metaTexts(
  { usage, level, ratio, stale }: TokenUsage,
  format: UsageFormat,
): { readonly start: string; readonly resetsOn: string } {
  const { messages } = format;
  const resetsAt = usage?.period?.resetsAt;
  const resetsOn = resetsAt === undefined || stale ? '' : format.date(resetsAt);
  if (level === 'error') return { start: messages.retry, resetsOn: '' };
  return { start: startText(), resetsOn };

  function startText(): string {
    if (!usage) return '';
    if (stale) return messages.offline;
    const { quota, period } = usage;
    if (!quota || ratio === undefined) return format.period(period);
    const share = format.percent(ratio);
    if (level === 'over') return ratio > 1 ? `${messages.over} · ${share}` : messages.over;
    return level === 'near' || level === 'critical' ? format.left(quota) : fill(messages.ofQuota, share);
  }
}
