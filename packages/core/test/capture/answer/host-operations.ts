import type { ScriptedAnswer } from './scripted-answer.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** What a host may do with an answer. */
export const operationNames = [
  'deliver',
  'body',
  'getReader',
  'getByobReader',
  'read',
  'closed',
  'releaseLock',
  'cancelReader',
  'cancelStream',
  'tee',
  'clone',
  'iterator',
  'iteratorThatKeeps',
  'next',
  'return',
  'forAwait',
  'pipeTo',
  'pipeThrough',
  'wrap',
  'text',
  'json',
  'arrayBuffer',
  'bytes',
  'blob',
  'abort',
] as const;
export type OperationName = (typeof operationNames)[number];

/** One thing that a host does. */
export interface HostOperation {
  readonly name: OperationName;
  /** With which of the responses, streams, readers or iterators that it has by then. */
  readonly on: number;
  /** How much, where that is a question. */
  readonly size: number;
  /** After all that came before has settled, in one go with it, or when the promise made last settles. */
  readonly when: 'settled' | 'together' | 'inside';
}

/** What a host saw in one step, and how things stood after it. */
export interface Step {
  /**
   * By whom it has it, each in the order in which it came. Between one and the other no order is promised: that they are
   * settled in one go is all that a host can count on.
   */
  readonly seen: Readonly<Record<string, readonly string[]>>;
  readonly standing: string;
  readonly source: ScriptedAnswer['state'];
}

/** Does one thing after another with an answer, and writes down all that comes of it. */
export async function operate(
  answer: ScriptedAnswer,
  open: (signal: AbortSignal) => Promise<Response>,
  operations: readonly HostOperation[],
): Promise<readonly Step[]> {
  const host = new AbortController();
  const reasons = new Map<unknown, string>();
  const responses: Response[] = [await open(host.signal)];
  const streams: ReadableStream<Bytes>[] = [];
  const readers: (ReadableStreamDefaultReader<Bytes> | ReadableStreamBYOBReader)[] = [];
  const iterators: AsyncIterator<Bytes>[] = [];
  const underway = new Map<object, { readonly count: number; readonly begun: number }>();
  let seen: Record<string, string[]> = {};
  /** Once is enough: two such things may be done in one step, long after they were asked for. */
  let hasInside = false;
  let last: Promise<unknown> = Promise.resolve();
  const steps: Step[] = [];

  for (const [index, operation] of operations.entries()) {
    const before = operations[index - 1];
    const isAlone = !isClear(before?.name, operation.name) || before?.when === 'inside';
    const isInside =
      operation.when === 'inside' && !isAlone && !hasInside && before?.when === 'settled' && !isVague.has(before.name);
    const isTogether = operation.when === 'together' && !isAlone && !isSlow(before?.name, operation.name);
    if (index > 0 && !isInside && !isTogether) await step();
    const run = (): void => perform(operation, `${index} ${operation.name}`);
    if (isInside) {
      hasInside = true;
      void last.then(run, run);
    } else run();
  }
  await step();
  return steps;

  async function step(): Promise<void> {
    await settled(answer);
    steps.push({ seen, standing: standing(), source: { ...answer.state } });
    seen = {};
  }

  function standing(): string {
    const locks = streams.map((stream) => (stream.locked ? 'locked' : 'free'));
    const uses = responses.map((response) => (response.bodyUsed ? 'used' : 'unused'));
    return [...locks, ...uses].join(' ');
  }

  function perform(operation: HostOperation, label: string): void {
    try {
      const owner = ownerOf(operation);
      const made = start(operation, label);
      if (made instanceof Promise) watch(label, owner, made);
      else if (made !== undefined) note('at once', `${label}: ${shown(made)}`);
    } catch (error) {
      note('at once', `${label} threw ${named(error)}`);
    }
  }

  function watch(label: string, owner: string | undefined, promise: Promise<unknown>): void {
    const end = owner === undefined ? label : 'it';
    last = promise.then(
      (value) => note(owner ?? label, `${isEnd(value) ? end : label} gave ${shown(value)}`),
      (error: unknown) => note(label, `${label} failed with ${named(error)}`),
    );
  }

  function note(owner: string, line: string): void {
    (seen[owner] ??= []).push(line);
  }

  /**
   * What is read by one reader or iterator comes in the order in which it was asked for, and then its end, whichever
   * read is told of that first. That it broke, was closed, cancelled or left is told beside that.
   */
  function ownerOf({ name, on }: HostOperation): string | undefined {
    if (name === 'read') return `reader ${readers.indexOf(chosen(readers, on) as never)}`;
    if (name === 'next') return `iterator ${iterators.indexOf(chosen(iterators, on) as never)}`;
    return undefined;
  }

  /** Returns what there is to be seen of it at once, or a promise of that. */
  function start({ name, on, size, when }: HostOperation, label: string): unknown {
    const response = chosen(responses, on) as Response;
    const reader = chosen(readers, on);
    const iterator = chosen(iterators, on);
    const stream = chosen(streams, on);
    const iterate = (): unknown =>
      iterator &&
      iterated(iterator, when === 'together', () => iterator[name as 'next' | 'return']?.('value') as Promise<unknown>);
    const readWhole = (): unknown => response[name as 'text']();
    const ways: Readonly<Record<OperationName, () => unknown>> = {
      deliver: () => answer.deliver(Math.max(size, 1)),
      abort: () => host.abort(reason(label)),
      body() {
        const body = response.body as ReadableStream<Bytes>;
        if (!streams.includes(body)) streams.push(body);
        return streams.indexOf(body);
      },
      clone: () => void responses.push(response.clone()),
      text: readWhole,
      json: readWhole,
      arrayBuffer: readWhole,
      bytes: readWhole,
      blob: readWhole,
      read: () => reader?.read(new Uint8Array(8 + 24 * size) as never),
      closed: () => reader?.closed,
      releaseLock: () => reader?.releaseLock(),
      cancelReader: () => reader?.cancel(reason(label)),
      next: iterate,
      return: iterate,
      getReader: () => stream && void readers.push(stream.getReader()),
      getByobReader: () => stream && void readers.push(stream.getReader({ mode: 'byob' })),
      cancelStream: () => stream?.cancel(reason(label)),
      tee: () => stream && void streams.push(...stream.tee()),
      iterator: () => stream && void iterators.push(stream[Symbol.asyncIterator]()),
      iteratorThatKeeps: () => stream && void iterators.push(stream.values({ preventCancel: true })),
      forAwait: () => stream && iterateOver(stream, size, label),
      pipeTo: () => stream?.pipeTo(sink(size, label), { preventCancel: size === 3 }),
      pipeThrough: () => stream && void streams.push(stream.pipeThrough(new TransformStream())),
      wrap() {
        // Only an unread one, and not kept: a stream of which usage is hidden does not show that it was read to what is
        // made of it, for the runtime knows that of its own readers only. To have it know costs 5 us per stream, and
        // what a host would gain is an error.
        const isRead = stream === streams[0] && responses[0]?.bodyUsed === true;
        return stream === undefined || stream.locked || isRead ? undefined : new Response(stream).text();
      },
    };
    return ways[name]();
  }

  /**
   * Nothing while it has reads under way that were begun before: Node's own iterators lose what they are asked for then, or
   * break (Node 24.21).
   */
  function iterated(iterator: object, isTogether: boolean, ask: () => Promise<unknown>): Promise<unknown> | undefined {
    const { count, begun } = underway.get(iterator) ?? { count: 0, begun: 0 };
    if (count > 0 && !(isTogether && begun === steps.length)) return undefined;
    underway.set(iterator, { count: count + 1, begun: steps.length });
    const over = (): void => {
      const { count: left } = underway.get(iterator) ?? { count: 1 };
      underway.set(iterator, { count: left - 1, begun: -1 });
    };
    const asked = ask();
    asked.then(over, over);
    return asked;
  }

  /** Leaves behind a few chunks: by `break`, by an error, or not at all. */
  async function iterateOver(stream: ReadableStream<Bytes>, size: number, label: string): Promise<string> {
    let count = 0;
    for await (const chunk of stream) {
      note(label, `${label} has ${shown(chunk)}`);
      count += 1;
      if (count === size) break;
      if (count > 3) throw reason(label);
    }
    return 'left';
  }

  /** Takes a few chunks, then fails; those of no size take them all. */
  function sink(size: number, label: string): WritableStream<Bytes> {
    let count = 0;
    return new WritableStream({
      write(chunk) {
        note(label, `${label} has ${shown(chunk)}`);
        count += 1;
        if (count === size) throw reason(label);
      },
      close: () => note(label, `${label} closes`),
      abort: (why) => note(label, `${label} is aborted: ${named(why)}`),
    });
  }

  function reason(label: string): unknown {
    const made = new RangeError(`reason of ${label}`);
    reasons.set(made, made.message);
    return made;
  }

  function named(error: unknown): string {
    const isOurs = reasons.has(error);
    if (isOurs || !(error instanceof Error)) return isOurs ? `the ${reasons.get(error)}` : String(error);
    const { code, cause } = error as { readonly code?: string; readonly cause?: unknown };
    const because = cause === undefined ? '' : `, because ${named(cause)}`;
    return `${error.constructor.name} ${error.name} ${String(code)}: ${error.message}${because}`;
  }
}

/** What comes from the source never comes in the middle of what a host does. */
function isClear(before: OperationName | undefined, name: OperationName): boolean {
  return name !== 'deliver' && before !== 'deliver' && before !== 'abort';
}

/** What these settle with meets all else that they lead to in the same microtasks, and in an order nobody promises. */
const isVague: ReadonlySet<OperationName> = new Set(['closed', 'pipeTo', 'pipeThrough']);

/**
 * Takes effect a moment after it was called: an abort, the end that an iterator meets, for which it gives its stream back,
 * and the beginning of a stream that is made for readers of the runtime's own.
 */
function isSlow(before: OperationName | undefined, name: OperationName): boolean {
  const isIterated = name === 'next' || name === 'return';
  return name === 'abort' || (before === 'next' && !isIterated) || before === 'getByobReader';
}

/** Until nothing moves any more without the source. */
async function settled({ state }: ScriptedAnswer): Promise<void> {
  let turns = 0;
  while (turns < 2) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    turns = state.isResting ? 0 : turns + 1;
  }
}

function chosen<Item>(items: readonly Item[], at: number): Item | undefined {
  // The latest come first: what a host has just made is what it uses.
  return items.length === 0 ? undefined : items[items.length - 1 - (at % items.length)];
}

const decoder = new TextDecoder();

function isEnd(value: unknown): boolean {
  return (value as { readonly done?: unknown } | undefined)?.done === true;
}

function shown(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.constructor.name} ${JSON.stringify(decoder.decode(value))}`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer ${JSON.stringify(decoder.decode(value))}`;
  if (value instanceof Blob) return `Blob of ${value.size}, ${value.type}`;
  if (typeof value === 'object' && value !== null && 'done' in value)
    return `${String(value.done)}, ${shown((value as { readonly value?: unknown }).value)} ${Object.keys(value).toSorted().join()}`;
  return JSON.stringify(value) ?? 'undefined';
}
