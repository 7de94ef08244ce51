import type { Results, Row } from '../runner/results.ts';
import { figure } from './figure.ts';
import { markdownTable } from './markdown.ts';

/** What a million users do on the day the arithmetic of docs/guide/scale.md is about. */
const users = 1_000_000;
const callsPerUserAndDay = 20;
const peakOverMean = 4;
const eventsPerCall = 400;
const secondsPerCall = 10;

const callsPerDay = users * callsPerUserAndDay;
const callsPerSecond = (callsPerDay / 86_400) * peakOverMean;
const eventsPerSecond = callsPerSecond * eventsPerCall;
const openStreams = callsPerSecond * secondsPerCall;

/** What was measured, and what that comes to with a million users. What was not run is left out. */
export function scaleFigures(results: Results): string {
  const cell = (benchmark: string, title: string, key: string, name: string, column: string): number | undefined => {
    const tables = results.benchmarks.find((each) => each.name === benchmark && each.exitCode === 0)?.tables ?? [];
    const row = tables.find((table) => table.title.startsWith(title))?.rows.find((each) => each[key] === name);
    const value = row?.[column];
    return typeof value === 'number' ? value : undefined;
  };
  const hot = (contestant: string, column: string) => cell('field', 'Hot path', 'contestant', contestant, column);
  const held = (contestant: string) => cell('field', '200 streams', 'contestant', contestant, 'KiB per open stream');
  const sqlite = (question: string) => cell('sqlite-store', '1000000 records', 'question', question, 'median ms');
  const rows: (Row | undefined)[] = [
    line('an event, the bare client', hot('kilotoken, app asks', 'bare us per event'), 'µs CPU', (us) =>
      cores(us, eventsPerSecond),
    ),
    line('an event, the app asks for usage', hot('kilotoken, app asks', '+ us per event, delivered'), 'µs CPU', (us) =>
      cores(us, eventsPerSecond),
    ),
    line(
      'an event, kilotoken asks and hides',
      hot('kilotoken, asks and hides', '+ us per event, delivered'),
      'µs CPU',
      (us) => cores(us, eventsPerSecond),
    ),
    line('a call', hot('kilotoken, app asks', '+ us short call, delivered'), 'µs CPU', (us) =>
      cores(us, callsPerSecond),
    ),
    line(
      'an open stream',
      held('kilotoken, asks and hides'),
      'KiB',
      (kib) => `${figure((kib * openStreams) / 1024)} MiB in all`,
    ),
    line('the journal, for a call', cell('journal', 'Journal', 'what', 'append', 'p50 us'), 'µs', (us) =>
      cores(us, callsPerSecond),
    ),
    line(
      'SQLite takes, through the recorder',
      cell('recorder', 'Recorder', 'into', 'sqliteStore', 'records per second'),
      'records/s',
      (rate) => `${figure(rate / callsPerSecond)} times the peak`,
    ),
    line(
      'SQLite with a million records takes',
      inverse(sqlite('append in batches of 1000, a record')),
      'records/s',
      (rate) => `${figure(rate / callsPerSecond)} times the peak`,
    ),
    line(
      'a record in SQLite',
      cell('sqlite-store', 'File', 'what', 'bytes per record', 'bytes'),
      'bytes',
      (bytes) => `${figure((bytes * callsPerDay) / 1e9)} GB a day`,
    ),
    line('a profile, SQLite', sqlite('userTotals'), 'ms'),
    line('a month of one user by day, SQLite', sqlite('series of a user, 30 days by day, Kolkata'), 'ms'),
    line('a month of everybody by day, SQLite', sqlite('series of everything, 30 days by day'), 'ms'),
  ];
  const { machine, date } = results;
  return [
    `Measured on ${date.slice(0, 10)}, ${machine.cores} cores of ${machine.cpu}, Node ${machine.node}. A million users: ${figure(
      callsPerUserAndDay,
    )} calls each on a day, at the peak ${peakOverMean} times the mean, so ${figure(callsPerSecond)} calls, ${figure(
      eventsPerSecond,
    )} events and ${figure(openStreams)} open streams of ${secondsPerCall} s at once.`,
    markdownTable(
      rows.filter((row) => row !== undefined),
      { what: '', measured: 'measured', peak: 'with a million users' },
    ),
  ].join('\n\n');
}

function cores(us: number, perSecond: number): string {
  return `${figure((us * perSecond) / 1e6)} cores`;
}

function line(
  what: string,
  value: number | undefined,
  unit: string,
  atPeak?: (value: number) => string,
): Row | undefined {
  if (value === undefined) return undefined;
  return { what, measured: `${figure(value)} ${unit}`, peak: atPeak?.(value) ?? '' };
}

/** From milliseconds for one to so many in a second. */
function inverse(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : 1000 / ms;
}
