import { useEffect, useRef } from 'react';
import type { RefObject } from 'react';
import type { UsageLevel } from '../format/usage-level.ts';

/**
 * Fills a live region: once per threshold upwards, and when loading fails or comes back. Written straight into the
 * element, so that telling costs no second rendering.
 *
 * @param threshold - What is said of a threshold that was passed.
 */
export function useAnnouncement(
  mode: 'threshold' | 'every' | 'none' = 'threshold',
  level: UsageLevel,
  value: string,
  threshold: string,
): RefObject<HTMLSpanElement | null> {
  const ref = useRef<HTMLSpanElement>(null);
  const before = useRef<readonly [rank: number, value: string, level: UsageLevel]>(undefined);
  useEffect(() => {
    const rank = ['empty', 'ok', 'near', 'critical', 'over'].indexOf(level);
    const [lastRank, lastValue, lastLevel] = before.current ?? [];
    before.current = [rank, value, level];
    if (mode === 'none' || !ref.current || lastRank === undefined) return;
    const isHigher = lastRank >= 0 && rank > Math.max(lastRank, 1);
    const isTurn = (level === 'error') !== (lastLevel === 'error');
    const isNews = mode === 'every' && rank >= 0 && lastValue !== value;
    if (isHigher) ref.current.textContent = threshold;
    else if (isTurn || isNews) ref.current.textContent = value;
  }, [mode, level, value, threshold]);
  return ref;
}
