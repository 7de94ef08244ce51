import type { Row } from '../runner/results.ts';
import { control } from './bars.ts';
import { figure } from './figure.ts';

/** Where an aim is looked up, and how much it may be. */
interface Aim {
  readonly aim: string;
  readonly rows: readonly Row[];
  readonly contestant: string;
  readonly column: string;
  readonly most: number;
  readonly unit: string;
}

/** What this project sets out to cost at most, and what the run measured; with what the control shows of the same. */
export function aimRows(tables: Readonly<Record<'hot' | 'crowd' | 'imports', readonly Row[]>>): readonly Row[] {
  const { hot, crowd, imports } = tables;
  const [observed, hidden] = ['kilotoken, app asks', 'kilotoken, asks and hides'];
  const aims: readonly Aim[] = [
    { aim: 'an event, the app asks', rows: hot, contestant: observed, column: '+ us per event', most: 0.3, unit: 'µs' },
    {
      aim: 'an event, asked and hidden',
      rows: hot,
      contestant: hidden,
      column: '+ us per event',
      most: 1.5,
      unit: 'µs',
    },
    {
      aim: 'the first event, later by',
      rows: hot,
      contestant: observed,
      column: '+ us first event',
      most: 10,
      unit: 'µs',
    },
    {
      aim: 'a call that is not streamed',
      rows: hot,
      contestant: observed,
      column: '+ us short call',
      most: 5,
      unit: 'µs',
    },
    ...[observed, hidden].flatMap((contestant) =>
      [
        ['CPU', 'cpu ratio'],
        ['time', 'wall ratio'],
      ].map(([what = '', column = '']) => ({
        aim: `200 streams at once, ${what}, ${contestant === observed ? 'the app asks' : 'asked and hidden'}`,
        rows: crowd,
        contestant,
        column,
        most: 1.03,
        unit: 'times',
      })),
    ),
    { aim: 'an open stream', rows: crowd, contestant: observed, column: 'KiB per open stream', most: 2, unit: 'KiB' },
    { aim: 'the import', rows: imports, contestant: 'kilotoken', column: '+ ms', most: 10, unit: 'ms' },
  ];
  return aims.flatMap(({ aim, rows, contestant, column, most, unit }) => {
    const measured = valueOf(rows, contestant, column);
    if (measured === undefined) return [];
    const noise = valueOf(rows, control, column);
    return [
      {
        aim,
        'at most': `${most} ${unit}`,
        measured: `${figure(measured)} ${unit}`,
        control: noise === undefined ? '' : `${figure(noise)} ${unit}`,
        met: measured <= most ? 'yes' : 'not in this run',
      },
    ];
  });
}

function valueOf(rows: readonly Row[], contestant: string, column: string): number | undefined {
  const value = rows.find((row) => row['contestant'] === contestant)?.[column];
  return typeof value === 'number' ? value : undefined;
}
