// What do the parts of a metered call cost that are the platform's, each alone and warm? Run from the root: node --conditions=@kilotoken/source benchmarks/src/hot-path/parts.ts
import { reportTable } from '../runner/results.ts';

interface Part {
  readonly name: string;
  readonly microseconds: number;
}

const runs = 20_000;
const event = new Uint8Array(306);
const prototype = Object.create(Response.prototype) as object;
const stayAway = (): void => {};

const parts: readonly Part[] = [
  part('a byte stream of its own', stayAway, () => new ReadableStream({ type: 'bytes' }, { highWaterMark: 0 })),
  part('an array that an event is cut into', stayAway, () => event.slice(13)),
  part(
    'members laid over a response',
    () => new Response('x'),
    (response) => Object.setPrototypeOf(response, prototype) as object,
  ),
  part(
    'a signal that is relayed, and let go of',
    () => new AbortController().signal,
    (signal) => {
      const { signal: own } = new AbortController();
      signal.addEventListener('abort', stayAway, { once: true });
      signal.removeEventListener('abort', stayAway);
      return own;
    },
  ),
  part(
    'a signal that is aborted',
    () => {
      const controller = new AbortController();
      controller.signal.addEventListener('abort', stayAway);
      return controller;
    },
    (controller) => controller.abort(event),
  ),
  part('the random part of an id', stayAway, () => globalThis.crypto.randomUUID()),
  part(
    'one header of a response',
    () => new Headers({ 'content-type': 'application/json' }),
    (headers) => headers.get('x-request-id'),
  ),
];

reportTable(
  'Parts of a metered call',
  parts.map(({ name, microseconds }) => ({ part: name, us: microseconds })),
);

/** @param prepare - Makes what the work is done on, before the clock starts. */
function part<Subject>(name: string, prepare: () => Subject, work: (subject: Subject) => unknown): Part {
  return { name, microseconds: Math.min(...Array.from({ length: 5 }, () => cost(prepare, work))) };
}

function cost<Subject>(prepare: () => Subject, work: (subject: Subject) => unknown): number {
  const subjects = Array.from({ length: runs }, prepare);
  const before = process.cpuUsage();
  for (const subject of subjects) work(subject);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / runs;
}
