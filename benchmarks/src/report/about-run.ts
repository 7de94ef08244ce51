import type { Results } from '../runner/results.ts';
import { figure } from './figure.ts';
import { markdownTable } from './markdown.ts';

/** Where, when and with what the run took place. */
export function machineTable({ date, machine, versions }: Results): string {
  const { kilotoken, openai, ...peers } = versions;
  return markdownTable(
    [
      { what: 'run on', is: date.slice(0, 10) },
      { what: 'machine', is: `${machine.cores} cores of ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.system}` },
      { what: 'Node', is: machine.node },
      { what: 'kilotoken', is: kilotoken ?? '' },
      { what: 'openai', is: openai ?? '' },
      ...Object.entries(peers).map(([what, packages]) => ({ what, is: code(packages) })),
    ],
    { what: '', is: '' },
  );
}

/** How it is measured, and how long that took. */
export function howSection(results: Results): string {
  const runs = results.benchmarks.map(({ name, seconds }) => `\`${name}\` ${figure(seconds)} s`).join(', ');
  return `## How it is measured

- One warm process for each contestant. Batches come in shuffled order; each figure is the median over rounds of the
  comparison with the bare client of the same \`openai\` major in the same round. CPU is \`process.cpuUsage()\`, so the
  garbage collector counts.
- Everybody records for real: OpenTelemetry ones through a batch processor to an exporter that counts, the others by HTTP to
  a sink on loopback, with their default settings. kilotoken hands its records to a store that counts.
- Peers are installed into \`benchmarks/.peers\` at the exact versions above, their own dependencies as of one day. They are no
  dependencies of this project. Without a network they are left out, and the tables say so.
- Loopback and stubs have no TLS, no HTTP/2 and no real pacing. Real networks hide microseconds of waiting, not CPU.
- The peers are tracing products that also record prompts and answers; this compares what their users pay for, not lines
  of code.

Time this run took: ${runs}.`;
}

function code(packages: string): string {
  return packages
    .split(', ')
    .map((name) => `\`${name}\``)
    .join(', ');
}
