import { figure } from './figure.ts';
import { drawing, label } from './theme.ts';
import type { Theme } from './theme.ts';

/** One bar. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly kind: 'own' | 'other' | 'control';
  /** Said beside the figure, where there is something that the figure alone would hide. */
  readonly remark?: string;
}

const width = 760;
const left = 212;
const right = 90;
const top = 62;
const step = 28;

/** Bars from left to right, from 0, with their figures; less than nothing is drawn as nothing. */
export function barChart(
  theme: Theme,
  { title, subtitle, unit, bars }: { title: string; subtitle: string; unit: string; bars: readonly Bar[] },
): string {
  const most = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const scale = (width - left - right) / most;
  const rows = bars.map(({ name, value, kind, remark }, index) => {
    const y = top + index * step;
    const length = Math.max(0, value) * scale;
    const isOwn = kind === 'own';
    return [
      label(left - 10, y + 15, name, { fill: theme.text, anchor: 'end', bold: isOwn }),
      `<rect x="${left}" y="${y}" width="${Math.max(1, length).toFixed(1)}" height="20" rx="2" fill="${theme[kind]}"/>`,
      label(left + length + 8, y + 15, `${figure(value)} ${unit}`, { fill: theme.text, bold: isOwn }),
      ...(remark === undefined ? [] : [label(left + length + 78, y + 15, remark, { fill: theme.faint, size: 12 })]),
    ].join('\n');
  });
  const bottom = top + bars.length * step;
  return drawing(
    theme,
    title,
    width,
    bottom + 12,
    [
      label(16, 26, title, { fill: theme.text, size: 16, bold: true }),
      label(16, 46, subtitle, { fill: theme.faint }),
      `<line x1="${left}" y1="${top - 6}" x2="${left}" y2="${bottom}" stroke="${theme.line}"/>`,
      ...rows,
    ].join('\n'),
  );
}
