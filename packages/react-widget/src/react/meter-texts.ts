import type { UsageFormat } from '../format/usage-format.ts';
import { fill } from '../format/create-amount-format.ts';
import type { TokenMeterProps } from './token-meter-props.ts';
import type { TokenUsage } from './use-token-usage.ts';

/** What stands in front: the number people look for, and beside it the cost where it is wanted and known. */
export function frontTexts(
  { usage, level, ratio = 0 }: TokenUsage,
  format: UsageFormat,
  show: TokenMeterProps['show'] = 'both',
): readonly [value: string, cost?: string | undefined] {
  if (level === 'error' || level === 'empty') return [format.messages[level]];
  if (!usage) return [''];
  const { cost, quota, total } = usage;
  const [tokens, money] = [format.tokens(total), cost && format.cost(cost)];
  if (show === 'percent' && quota) return [format.percent(ratio)];
  if (show === 'remaining' && quota) return [format.left(quota)];
  return show === 'both' ? [tokens, money] : [(show === 'cost' && money) || tokens];
}

/** The small print: how far along, or near the limit what is left. */
export function metaText({ usage, level, ratio = 0, stale }: TokenUsage, format: UsageFormat): string {
  const { messages, percent } = format;
  if (level === 'error') return messages.retry;
  if (!usage) return '';
  if (stale) return messages.offline;
  if (!usage.quota) return format.period(usage.period);
  if (level === 'over') return ratio > 1 ? `${messages.over} · ${percent(ratio)}` : messages.over;
  return isAlert(level) ? format.left(usage.quota) : fill(messages.ofQuota, percent(ratio));
}

/** States whose small print must not be overlooked. */
export function isAlert(level: TokenUsage['level']): boolean {
  return /near|critical|over|error/.test(level);
}
