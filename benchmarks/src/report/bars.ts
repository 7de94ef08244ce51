import type { Row } from '../runner/results.ts';
import type { Bar } from './bar-chart.ts';

/** The row of the bare client against itself. */
export const control = 'A/A control';

/** A column as bars: this project first, the others from the least to the most, the control last. */
export function barsOf(rows: readonly Row[], column: string): readonly Bar[] {
  const order = { own: 0, other: 1, control: 2 } as const;
  return rows
    .flatMap((row) => {
      const [name, value] = [String(row['contestant']), row[column]];
      return typeof value === 'number' ? [{ name, value, kind: kindOf(name) }] : [];
    })
    .toSorted((a, b) => order[a.kind] - order[b.kind] || a.value - b.value);
}

function kindOf(name: string): Bar['kind'] {
  if (name.startsWith('kilotoken')) return 'own';
  return name === control ? 'control' : 'other';
}
