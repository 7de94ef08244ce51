import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../../src/index.ts';
import { withoutDifferences } from './host-differences.ts';
import { operate, operationNames } from './host-operations.ts';
import type { HostOperation, OperationName, Step } from './host-operations.ts';
import { scriptedAnswer } from './scripted-answer.ts';
import type { AnswerScript, ScriptedRead } from './scripted-answer.ts';

const isFull = process.env['KILOTOKEN_FULL'] === '1';
const runs = { numRuns: isFull ? 8000 : 800, seed: Number(process.env['KILOTOKEN_SEED'] ?? 20_261_130) };

/** `hidden as JSON`: so its label says, and they are events; `plain as asked`: the provider has not heard of streams. */
type Mode = 'observed' | 'hidden' | 'hidden as JSON' | 'plain' | 'plain as asked';

const chunk = (inside: string): string => `data: {"id":"c","object":"chat.completion.chunk",${inside}}\n\n`;
const text = '"choices":[{"index":0,"delta":{"content":"Rhine "}}]';
/** Every kind of event with what of it a host sees that did not ask for usage. */
const events = {
  text: [chunk(text), chunk(text)],
  asked: [chunk(`${text},"usage":null`), chunk(text)],
  usage: [chunk('"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}'), ''],
  finish: [chunk('"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]')],
  comment: [': PROCESSING\n\n'],
  done: ['data: [DONE]\n\n'],
  /** A read of nothing, which a stream of bytes cannot have. */
  nothing: [''],
} as const;
type EventName = keyof typeof events;

const streamEvent = fc.record({
  name: fc.constantFrom<EventName[]>('text', 'asked', 'asked', 'usage', 'finish', 'comment', 'done', 'nothing'),
  /** Where it comes in two reads, and whether the next event comes in the same read. */
  isSplit: fc.boolean(),
  isJoined: fc.boolean(),
});
const shape = fc.record({
  events: fc.array(streamEvent, { maxLength: 7 }),
  tail: fc.constantFrom('', '', chunk(text).trimEnd()),
  ending: fc.constantFrom('closes', 'closes', 'breaks'),
  kind: fc.constantFrom('bytes', 'bytes', 'values', 'stubborn'),
  cancels: fc.constantFrom('at once', 'at once', 'late', 'refused'),
});
const when = fc.constantFrom('settled', 'settled', 'together', 'inside');
const some = (...names: readonly OperationName[]): fc.Arbitrary<HostOperation> =>
  fc.record({ name: fc.constantFrom(...names), on: fc.nat(2), size: fc.nat(3), when });
/** Whatever there is to do, or, far more often, what is done with one kind of reader. */
const anything = some(...operationNames, 'deliver', 'deliver', 'deliver', 'read', 'next');
const byReader = [
  'read',
  'read',
  'read',
  'closed',
  'releaseLock',
  'cancelReader',
  'getByobReader',
  'getReader',
] as const;
const byIterator = ['next', 'next', 'next', 'return', 'forAwait', 'iteratorThatKeeps', 'iterator'] as const;
const byEither = ['deliver', 'deliver', 'deliver', 'text', 'cancelStream', 'abort', 'clone'] as const;
const operations = fc.oneof(
  fc.array(anything, { maxLength: 14 }),
  ...[byReader, byIterator].map((names) =>
    fc
      .tuple(
        some(...names.slice(-2)),
        fc.array(fc.oneof(some(...names), some(...names), some(...byEither)), { maxLength: 10 }),
      )
      .map(([opening, rest]) => [opening, ...rest]),
  ),
);
const first: HostOperation = { name: 'body', on: 0, size: 0, when: 'settled' };

it.for(['observed', 'hidden', 'hidden as JSON', 'plain', 'plain as asked'] as const)(
  'a host sees of an answer what it sees without the meter, whatever it does with it: %s',
  async (mode) => {
    await fc.assert(
      fc.asyncProperty(shape, operations, async (made, done) => {
        const script = scriptOf(made, mode);
        const all = [first, ...done, ...leaving].filter(({ name }) => script.kind === 'bytes' || !ofBytes.has(name));
        const bare = await bareSteps(script, mode, all);
        const metered = await meteredSteps(script, mode, all);
        const seen = withoutDifferences({ bare, metered: metered.steps }, script, all, asks(mode));
        expect(seen.metered).toEqual(seen.bare);
        // A plain answer that nobody reads is recorded once it was collected.
        if (!isPlain(mode)) expect(metered.records).toBe(1);
        else expect(metered.records).toBeLessThanOrEqual(1);
      }),
      { ...runs, examples: found.map(([answer, ...names]) => [{ ...whole, ...answer }, names.map(operationOf)]) },
    );
  },
);

type Shape = typeof shape extends fc.Arbitrary<infer Made> ? Made : never;
const whole: Shape = { events: [], tail: '', ending: 'closes', kind: 'bytes', cancels: 'at once' };
const split = [{ name: 'text', isSplit: true, isJoined: false }] as const;

type Shorthand = OperationName | `${'&' | '^'}${OperationName}`;

/**
 * What random operations once found, and do not find in each of their short runs: `&` is in one go with what was before,
 * `^` is done with the last but one.
 */
const found: readonly (readonly [Partial<Shape>, ...Shorthand[]])[] = [
  [{}, 'getReader', 'read', 'read', 'releaseLock', '&cancelStream'],
  [{}, 'iteratorThatKeeps', 'next', 'deliver', 'iteratorThatKeeps', '^return'],
  [{}, 'getReader', 'abort', 'read', '&read', '&releaseLock'],
  [{ kind: 'stubborn' }, 'getReader', 'read', 'releaseLock', 'read'],
  [{}, 'iteratorThatKeeps', 'return', 'text'],
  [{ events: [...split] }, 'getByobReader', 'read', 'releaseLock', 'deliver', 'deliver', 'getReader', 'read'],
];

function operationOf(shorthand: Shorthand): HostOperation {
  const name = shorthand.replace(/^[&^]/, '') as OperationName;
  return {
    name,
    on: shorthand.startsWith('^') ? 1 : 0,
    size: 1,
    when: shorthand.startsWith('&') ? 'together' : 'settled',
  };
}

/**
 * What we make of a stream of another make is one of bytes: it has readers that the other has not, its halves read nothing
 * ahead, no read of it is of nothing, and its readers can be released at any time.
 */
const ofBytes: ReadonlySet<string> = new Set(['getByobReader', 'tee', 'clone', 'pipeTo', 'pipeThrough']);

/** In the end the host gives up, and all that is left of the answer comes. */
const leaving: readonly HostOperation[] = [
  { name: 'deliver', on: 0, size: 1, when: 'settled' },
  { name: 'abort', on: 0, size: 0, when: 'settled' },
  { name: 'deliver', on: 0, size: 100, when: 'settled' },
];

async function bareSteps(script: AnswerScript, mode: Mode, all: readonly HostOperation[]): Promise<readonly Step[]> {
  const answer = scriptedAnswer(script, asks(mode) ? 'shown' : 'sent');
  return operate(answer, async (signal) => answer.respond(signal), all);
}

async function meteredSteps(
  script: AnswerScript,
  mode: Mode,
  all: readonly HostOperation[],
): Promise<{ readonly steps: readonly Step[]; readonly records: number }> {
  const answer = scriptedAnswer(script, 'sent');
  let records = 0;
  const send = createMeter({ store: memoryStore(), onRecord: () => void (records += 1) }).fetch(async (_input, init) =>
    answer.respond(init?.signal),
  );
  const stream = mode !== 'plain';
  const body = {
    model: 'm',
    messages: [],
    stream,
    ...(mode === 'observed' && { stream_options: { include_usage: true } }),
  };
  const url = 'http://provider.test/v1/chat/completions';
  const steps = await operate(
    answer,
    (signal) => send(url, { method: 'POST', body: JSON.stringify(body), signal }),
    all,
  );
  return { steps, records };
}

function isPlain(mode: Mode): boolean {
  return mode === 'plain' || mode === 'plain as asked';
}

/** Whether metering asks for the usage, and hides it. */
function asks(mode: Mode): boolean {
  return mode !== 'plain' && mode !== 'observed';
}

function scriptOf(made: Shape, mode: Mode): AnswerScript {
  const { tail, ending, kind, cancels } = made;
  const rest = { ending, kind, cancels } as const;
  if (isPlain(mode)) {
    const answer = '{"id":"c","choices":[],"usage":{"prompt_tokens":3,"total_tokens":5}}';
    const size = Math.ceil(answer.length / Math.max(made.events.length, 1));
    const parts = made.events.map((_event, at) => answer.slice(at * size, (at + 1) * size));
    const reads = parts.filter(Boolean).map((sent) => ({ sent, shown: sent }));
    return { type: 'application/json', reads, tail: '', ...rest };
  }
  const isPossible = ({ name }: { readonly name: EventName }): boolean => {
    if (name === 'nothing') return kind === 'values';
    // A source that is read on for its usage is cancelled when nobody is left to hear what comes of it.
    return cancels === 'at once' || (name !== 'finish' && name !== 'done');
  };
  const reads = readsOf(made.events.filter(isPossible));
  // A read of its own: else both ends of a pipe break in one moment, and which of them is told is a matter of luck.
  if (tail !== '' && ending === 'breaks') reads.push({ sent: tail, shown: '' });
  const type = mode === 'hidden as JSON' ? 'application/json' : 'text/event-stream';
  return { type, reads, tail: ending === 'breaks' ? '' : tail, ...rest };
}

function readsOf(given: typeof streamEvent extends fc.Arbitrary<infer Made> ? readonly Made[] : never): ScriptedRead[] {
  const reads: ScriptedRead[] = [];
  let read = { sent: '', shown: '', finishes: false, reports: false };
  const cut = (): void => {
    if (read.sent !== '') reads.push(read);
    read = { sent: '', shown: '', finishes: false, reports: false };
  };
  for (const { name, isSplit, isJoined } of given) {
    if (name === 'nothing') {
      cut();
      reads.push({ sent: '', shown: '' });
      continue;
    }
    const [sent, shown = sent] = events[name];
    const half = isSplit ? Math.floor(sent.length / 2) : 0;
    if (isSplit) {
      read.sent += sent.slice(0, half);
      cut();
    }
    read.sent += sent.slice(half);
    read.shown += shown;
    read.finishes ||= name === 'finish' || name === 'done';
    read.reports ||= name === 'usage';
    if (!isJoined) cut();
  }
  cut();
  return reads;
}
