import type { Row } from '../runner/results.ts';
import { barsOf, control } from './bars.ts';
import { figure } from './figure.ts';

/** How far half of the control's ratios lie apart on a quiet machine, at most. */
const quietSpread = 0.06;

/** The hot path in a few sentences. */
export function hotPathWords(rows: readonly Row[]): string {
  const of = (contestant: string, column: string): number => {
    const value = rows.find((row) => row['contestant'] === contestant)?.[column];
    return typeof value === 'number' ? value : Number.NaN;
  };
  const peers = barsOf(rows, '+ us per event').filter(({ kind }) => kind === 'other');
  const others =
    peers.length > 0
      ? `; the others add ${figure(peers[0]?.value ?? 0)} to ${figure(peers.at(-1)?.value ?? 0)} µs`
      : '';
  const spread = [of(control, 'cpu ratio, lower quartile'), of(control, 'cpu ratio, upper quartile')];
  const [lower = 0, upper = 0] = spread;
  const isBusy = upper - lower > quietSpread;
  const warning = isBusy ? '**This run was made on a busy machine: small differences mean nothing here.** ' : '';
  return `${warning}Where the app asks for usage itself, kilotoken adds ${figure(of('kilotoken, app asks', '+ us per event'))} µs of CPU to
an event of a stream. Where it asks instead and takes the traces out again, it adds ${figure(of('kilotoken, asks and hides', '+ us per event'))} µs${others}. The
control differs from itself by ${figure(of(control, '+ us per event'))} µs, and its ratio lies between ${spread.map(figure).join(' and ')} in half of the rounds.`;
}
