import type { BenchmarkResult, Results, Row } from '../runner/results.ts';
import { howSection, machineTable } from './about-run.ts';
import { aimRows } from './aims.ts';
import { barChart } from './bar-chart.ts';
import { barsOf, control } from './bars.ts';
import { boardSection } from './board.ts';
import { figure } from './figure.ts';
import { hotPathWords } from './hot-path-words.ts';
import { markdownTable, picture } from './markdown.ts';
import type { Theme } from './theme.ts';

/** A page, and the drawings it shows, by name. */
export interface Page {
  readonly markdown: string;
  readonly drawings: Readonly<Record<string, (theme: Theme) => string>>;
}

/** Shown in sections of their own, in this order; whatever else was run follows them. */
const toldBefore = new Set(['field', 'correctness', 'imports', 'size', 'hot-path']);
/** What a chart says, and what is said of some of its bars. */
interface ChartWords {
  readonly title: string;
  readonly subtitle: string;
  readonly unit: string;
  readonly remarkOf?: (contestant: string) => { readonly remark: string } | undefined;
}

const titles: Readonly<Record<string, string>> = {
  'core-parts': 'A bundle of createMeter',
  'call-parts': 'Where the CPU of a call goes',
  'crowd-parts': 'Where the CPU of many streams goes',
  'open-streams': 'What an open stream holds',
  recorder: 'Recorder and stores',
  journal: 'Journal',
  pricing: 'Price of a call',
  'sqlite-floor': 'What SQLite itself allows',
  'sqlite-store': 'SQLite',
  'mongo-guard': 'Size of the guard in a user document of MongoDB',
  'mongo-store': 'MongoDB',
  'mongo-million': 'A million rows in MongoDB',
  widget: 'Widget',
};

/** Makes the page of what a run gave. What was not run, or failed, is left out and named. */
export function benchmarkPage(results: Results): Page {
  const drawings: Record<string, (theme: Theme) => string> = {};
  const tableOf = (name: string, start: string): readonly Row[] =>
    benchmark(results, name)?.tables.find(({ title }) => title.startsWith(start))?.rows ?? [];
  const chart = (name: string, rows: readonly Row[], column: string, words: ChartWords): string => {
    const bars = barsOf(rows, column).map((bar) => ({ ...bar, ...words.remarkOf?.(bar.name) }));
    if (bars.length === 0) return '';
    drawings[name] = (theme) => barChart(theme, { ...words, bars });
    return picture(
      name,
      `${words.title}: ${bars.map((bar) => `${bar.name} ${figure(bar.value)} ${words.unit}`).join(', ')}`,
    );
  };

  const hot = tableOf('field', 'Hot path');
  const lengths = tableOf('field', 'Length');
  const crowd = tableOf('field', '200 streams');
  const leaving = tableOf('field', 'The app pauses');
  const board = tableOf('correctness', 'What was recorded');
  const imports = tableOf('imports', 'Import');
  const sizes = tableOf('size', 'Size');
  const aims = aimRows({ hot, crowd, imports });
  // Who is fast because it does not look at the usage is not to be mistaken for who is fast.
  const askedStream = board.find((row) => row['scenario'] === 'chat stream, app asks') ?? {};
  const remarkOf = (contestant: string): { readonly remark: string } | undefined =>
    String(askedStream[contestant] ?? '').startsWith('no tokens')
      ? { remark: 'records no tokens of streams' }
      : undefined;
  const noise = `over the bare client, median of rounds; the grey "${control}" is the bare client again: noise`;

  const sections = [
    '# Benchmarks',
    '<!-- Made by `npm run bench:report`: change benchmarks/src/report, not this page. -->',
    `What metering costs, and who counts right, beside others that record calls of the \`openai\` client. Every figure is
from one run of \`npm run bench -- --json results.json\`; \`npm run bench:report -- results.json\` makes this page of it.`,
    machineTable(results),
    `Ratios and differences carry over to other machines better than absolute figures. Where the machine is shared, the
row of the control says how far to trust the others: it is a second process with the bare client.`,

    heading('Hot path', hot.length > 0),
    hot.length > 0 ? hotPathWords(hot) : '',
    chart('per-event', hot, '+ us per event, delivered', {
      title: 'CPU for each event of a stream',
      subtitle: `µs ${noise}`,
      unit: 'µs',
      remarkOf,
    }),
    chart('short-call', oneOfOurs(hot), '+ us short call, delivered', {
      title: 'CPU for a call that is not streamed',
      subtitle: `µs ${noise}`,
      unit: 'µs',
    }),
    chart('first-event', hot, '+ us first event', {
      title: 'Time to the first event',
      subtitle: `µs ${noise}`,
      unit: 'µs',
    }),
    hot.length > 0
      ? `Streams of 1,000 events and short calls without a network, one after the other. _Delivered_ includes the CPU until
the records had arrived at the sink or exporter.`
      : '',
    table(hot, {
      contestant: '',
      openai: 'openai',
      'cpu ratio': 'CPU, ratio',
      '+ us per event': '+ µs per event',
      '+ us per event, delivered': 'delivered',
      '+ us first event': '+ µs first event',
      '+ us short call': '+ µs short call',
      '+ us short call, delivered': 'delivered',
      'records per call': 'records per call',
    }),

    heading('Aims', aims.length > 0),
    aims.length > 0
      ? `What metering is meant to add at most. A difference within what the control shows is noise, and so is an aim missed by
as much.`
      : '',
    table(aims, { aim: '', 'at most': 'at most', measured: 'measured', control: 'the control', met: 'met' }),

    heading('Does an event get dearer in a longer stream?', lengths.length > 0),
    table(lengths, {
      contestant: '',
      '1000 events': '+ µs per event at 1,000',
      '4000 events': 'at 4,000',
      '16000 events': 'at 16,000',
    }),

    heading('Many streams, and memory', crowd.length > 0),
    chart('memory', crowd, 'KiB per open stream', {
      title: 'Memory for each open stream',
      subtitle: 'KiB over the bare client, 800 events into the stream, after a collection',
      unit: 'KiB',
    }),
    crowd.length > 0
      ? `200 streams at once over loopback sockets, from a provider in a process of its own; and 32 streams that are held
open and read in step.`
      : '',
    table(crowd, {
      contestant: '',
      'wall ratio': '200 streams, wall, ratio',
      'cpu ratio': 'CPU, ratio',
      '+ MiB half way': '+ MiB half way',
      'KiB per open stream': '+ KiB per open stream',
      'bytes per event': '+ bytes per event',
    }),

    heading('The app pauses, then leaves', leaving.length > 0),
    leaving.length > 0
      ? `The app takes 10 events, waits, and breaks off. Who reads more than 10 reads ahead; who never releases the source lets
the provider generate, and bill, to the end.`
      : '',
    table(leaving, {
      contestant: '',
      'reads at the pause': 'reads at the pause',
      'reads in all': 'reads in all',
      'source released': 'source released',
      records: 'records',
    }),

    heading('Who counts right?', board.length > 0),
    boardSection(board, drawings),

    heading('Import and size', imports.length > 0 || sizes.length > 0),
    chart('import', imports, '+ ms', {
      title: 'Import, on top of openai',
      subtitle: 'ms, median over fresh processes, installed packages',
      unit: 'ms',
    }),
    table(imports, { contestant: '', 'openai ms': 'openai, ms', '+ ms': '+ ms' }),
    sizes.length > 0
      ? `Installed: packages and megabytes on top of \`openai\`. Bundle: everything that an app's imports pull in but \`openai\`
and Node itself, minified, for a server.`
      : '',
    table(sizes, {
      contestant: '',
      packages: 'packages',
      'installed MB': 'installed, MB',
      'bundle kB': 'bundle, kB',
      'bundle kB gzip': 'gzip, kB',
    }),

    ...results.benchmarks.filter(({ name }) => !toldBefore.has(name)).flatMap(plainSection),
    howSection(results),
  ];
  return { markdown: `${sections.filter((section) => section !== '').join('\n\n')}\n`, drawings };
}

/** Calls that are not streamed are the same, whoever asks: one row is enough. */
function oneOfOurs(rows: readonly Row[]): readonly Row[] {
  return rows
    .filter((row) => row['contestant'] !== 'kilotoken, asks and hides')
    .map((row) => (row['contestant'] === 'kilotoken, app asks' ? { ...row, contestant: 'kilotoken' } : row));
}

function benchmark(results: Results, name: string): BenchmarkResult | undefined {
  return results.benchmarks.find((each) => each.name === name && each.exitCode === 0);
}

function heading(text: string, isShown: boolean): string {
  return isShown ? `## ${text}` : '';
}

function table(rows: readonly Row[], columns: Readonly<Record<string, string>>): string {
  return rows.length > 0 ? markdownTable(rows, columns) : '';
}

/** Of a benchmark without a section of its own: its tables, or what it printed. */
function plainSection({ name, tables, text, exitCode }: BenchmarkResult): readonly string[] {
  const title = `## ${titles[name] ?? name}`;
  if (exitCode !== 0) return [title, 'This benchmark did not end well in this run.'];
  if (tables.length === 0) return [title, `\`\`\`text\n${text.trim()}\n\`\`\``];
  return [
    title,
    ...tables.flatMap((each) => [...(each.title === titles[name] ? [] : [`${each.title}:`]), markdownTable(each.rows)]),
  ];
}
