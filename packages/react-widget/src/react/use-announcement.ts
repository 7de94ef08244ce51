import { useEffect, useRef } from 'react';
import type { RefObject } from 'react';
import type { UsageLevel } from '../format/usage-level.ts';

const order: readonly UsageLevel[] = ['empty', 'ok', 'near', 'critical', 'over'];

/**
 * Fills a live region: once per threshold upwards, and when loading fails or comes back. Written straight into the
 * element, so that telling costs no second rendering.
 *
 * @param texts - What is said of the present state.
 */
export function useAnnouncement(
  mode: 'threshold' | 'every' | 'none',
  level: UsageLevel,
  texts: { readonly value: string; readonly threshold: string; readonly error: string },
): RefObject<HTMLSpanElement | null> {
  const ref = useRef<HTMLSpanElement>(null);
  const before = useRef<{ level: UsageLevel; value: string }>(undefined);
  const { value, threshold, error } = texts;
  useEffect(() => {
    const last = before.current;
    before.current = { level, value };
    if (mode === 'none' || !ref.current || !last) return;
    const isHigher = order.indexOf(level) > Math.max(order.indexOf(last.level), 1) && order.includes(last.level);
    const isBack = last.level === 'error' && order.includes(level);
    const isNews = mode === 'every' && order.includes(level) && last.value !== value;
    if (level === 'error' && last.level !== 'error') ref.current.textContent = error;
    else if (isHigher) ref.current.textContent = threshold;
    else if (isBack || isNews) ref.current.textContent = value;
  }, [mode, level, value, threshold, error]);
  return ref;
}
