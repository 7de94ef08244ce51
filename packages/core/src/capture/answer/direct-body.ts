import type { ReadResult } from '../platform/body-reader.ts';
import { createMemberShadow } from '../platform/shadow-members.ts';
import type { AnswerSource } from './answer-source.ts';

export type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** What the direct ways of reading need; one per answer, shared by all faces of its body. */
export interface BodyState {
  /** Made at the first read. */
  sourceOf(): AnswerSource;
  /** The source, where it was made already. */
  readonly source: AnswerSource | undefined;
  /** A real stream over the source, for all that reads natively. */
  streamOf(): Body;
  /** That stream, where it was made already. */
  readonly stream: Body | undefined;
  /** That stream is read from now on, by readers of the runtime's own: what one leaves in it is the next one's. */
  readNatively(): Body;
  readonly isReadNatively: boolean;
  /** Keeps the body readable until it is read. */
  hold(): void;
  /** Its response was collected unread: what cancels it now is the runtime. */
  readonly isDropped: boolean;
  /** Which direct way of reading has the body; an iterator gives it free where it has told of the body's end. */
  lock: 'none' | 'reader' | { readonly isAtEnd: boolean };
}

/** Puts direct ways of reading on a stream, which go straight to the source without a stream in between. */
export function makeDirect(body: Body, state: BodyState): Body {
  shadow.lay(body, state);
  return body;
}

const shadow = createMemberShadow<Body, BodyState>((native, stateOf) => {
  // For those who ask what it is: a reader of the runtime's own. Not at the import, where there may be no streams.
  Object.setPrototypeOf(DirectReader.prototype, ReadableStreamDefaultReader.prototype);
  // `Readable.fromWeb` of Node 26 reads by what a reader of its own has inside.
  for (const key of Object.getOwnPropertySymbols(releasedReader())) {
    const get = function (this: DirectReader): unknown {
      return Reflect.get(DirectReader.native(this), key);
    };
    Object.defineProperty(DirectReader.prototype, key, { configurable: true, get });
  }
  // For `await using`, and what else the language gives its iterators.
  Object.setPrototypeOf(DirectIterator.prototype, Object.getPrototypeOf(generators.prototype) as object);
  const isNativelyLocked = (stream: Body): boolean => Reflect.get(native, 'locked', stream);
  const isLocked = (state: BodyState, body: Body): boolean =>
    state.lock === 'reader' ||
    (state.lock !== 'none' && !state.lock.isAtEnd) ||
    // Read past us, as `text` of the response does.
    (state.source === undefined && isNativelyLocked(body)) ||
    (state.stream !== undefined && Reflect.get(ReadableStream.prototype, 'locked', state.stream));
  /** The stream to be read natively: the body itself where it is none of ours, and one that refuses where it is locked. */
  const natively = (body: Body): Body => {
    const state = stateOf(body);
    if (state === undefined) return body;
    return isLocked(state, body) ? lockedStream() : state.readNatively();
  };
  /** What is needed to read it directly, where that is possible. */
  const directly = (body: Body): BodyState | undefined => {
    const state = stateOf(body);
    return state === undefined || state.isReadNatively || isLocked(state, body) ? undefined : state;
  };
  /** Its members: a body of another make may have some that fit no stream of the runtime's. */
  const membersFor = (body: Body): Body => (stateOf(body) === undefined ? native : (ReadableStream.prototype as Body));
  const values = function (this: Body, settings?: { readonly preventCancel?: boolean }): unknown {
    const state = directly(this);
    if (state === undefined) return membersFor(this).values.call(natively(this), settings);
    return (state.lock = new DirectIterator(state, settings?.preventCancel === true));
  };

  return {
    getReader(this: Body, settings?: { readonly mode?: 'byob' }) {
      const state = settings?.mode === undefined ? directly(this) : undefined;
      if (state === undefined) return membersFor(this).getReader.call(natively(this), settings as never);
      state.lock = 'reader';
      state.hold();
      return createDirectReader(state);
    },
    values,
    [Symbol.asyncIterator]: values,
    cancel(this: Body, reason?: unknown) {
      const state = directly(this);
      if (state?.isDropped === true) return native.cancel.call(this, reason);
      if (state === undefined) return membersFor(this).cancel.call(natively(this), reason);
      return state.sourceOf().cancel(reason);
    },
    tee(this: Body) {
      return membersFor(this).tee.call(natively(this));
    },
    async pipeTo(this: Body, ...parts: Parameters<Body['pipeTo']>) {
      return membersFor(this).pipeTo.apply(natively(this), parts);
    },
    pipeThrough(this: Body, ...parts: Parameters<Body['pipeThrough']>) {
      return membersFor(this).pipeThrough.apply(natively(this), parts);
    },
    get locked() {
      const body = this as unknown as Body;
      const state = stateOf(body);
      return state === undefined ? isNativelyLocked(body) : isLocked(state, body);
    },
  };
});

function createDirectReader(state: BodyState): ReadableStreamDefaultReader<Uint8Array> {
  return new DirectReader(state) as ReadableStreamDefaultReader<Uint8Array>;
}

class DirectReader {
  readonly #state: BodyState;
  #isReleased = false;
  /** What answers in its place: one that was read from inside, or one that refuses, made where a released reader is asked. */
  #other: ReadableStreamDefaultReader | undefined;

  /** A reader of the runtime's own, which is the one that reads from then on. */
  static native(reader: DirectReader): ReadableStreamDefaultReader {
    reader.#other = reader.#instead ?? new ReadableStreamDefaultReader(reader.#state.readNatively());
    return reader.#other;
  }

  constructor(state: BodyState) {
    this.#state = state;
  }

  get closed(): Promise<unknown> {
    return this.#instead?.closed ?? this.#state.sourceOf().closed;
  }

  read(): Promise<ReadResult> {
    return (this.#instead?.read() as Promise<ReadResult> | undefined) ?? this.#state.sourceOf().read();
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#instead?.cancel(reason) ?? this.#state.sourceOf().cancel(reason);
  }

  releaseLock(): void {
    if (this.#isReleased) return;
    // A reader of another make may refuse that within a read, and still has the body then.
    if (this.#other === undefined) this.#state.source?.release();
    else this.#other.releaseLock();
    this.#isReleased = true;
    this.#state.lock = 'none';
  }

  get #instead(): ReadableStreamDefaultReader | undefined {
    if (this.#isReleased) this.#other ??= releasedReader();
    return this.#other;
  }
}

/** Hands on the very promise of the source: the SDK awaits one per read, and each more in between costs all of them. */
class DirectIterator {
  readonly #state: BodyState;
  readonly #source: AnswerSource;
  readonly #preventsCancel: boolean;
  readonly #timesTold: number;
  /** The last of what waits for what was asked for before it. */
  #queued: Promise<unknown> | undefined;
  #isReturned = false;
  #isOver = false;

  constructor(state: BodyState, preventsCancel: boolean) {
    this.#state = state;
    this.#source = state.sourceOf();
    this.#preventsCancel = preventsCancel;
    this.#timesTold = this.#source.timesTold;
  }

  next(): Promise<ReadResult> {
    const source = this.#source;
    const isAlone = this.#queued === undefined && source.underway === undefined;
    if (this.#isReturned || !isAlone || source.isOver) return this.#nextInTurn();
    return source.read();
  }

  #nextInTurn(): Promise<ReadResult> {
    const isOver = this.#isReturned;
    return this.#inTurn(() => (isOver || this.isAtEnd ? ended : this.#source.read()));
  }

  return(value?: unknown): Promise<unknown> {
    this.#isReturned = true;
    return this.#inTurn(async () => {
      const isLeft = !this.isAtEnd && !this.#preventsCancel;
      this.#isOver = true;
      const cancelled = isLeft ? this.#source.cancel(value) : undefined;
      if (this.#state.lock === this) this.#state.lock = 'none';
      await cancelled;
      return { done: true, value };
    });
  }

  /** Behind all that was asked for before. */
  #inTurn<Result>(step: () => Result | Promise<Result>): Promise<Result> {
    const before = this.#underway();
    const queued = before === undefined ? Promise.resolve(step()) : before.then(step, step);
    const settled = (): void => {
      if (this.#queued === queued) this.#queued = undefined;
    };
    queued.then(settled, settled);
    this.#queued = queued;
    return queued;
  }

  #underway(): Promise<unknown> | undefined {
    return this.#queued ?? (this.#state.lock === this ? this.#source.underway : undefined);
  }

  /** The end, or what the body broke with, is told once. */
  get isAtEnd(): boolean {
    return this.#isOver || this.#source.timesTold > this.#timesTold;
  }
}

/** The prototype of all async generators; above it is that of all async iterators. */
const generators = Object.getPrototypeOf(async function* () {}) as { readonly prototype: object };
const ended: ReadResult = { done: true, value: undefined };

/** A stream that refuses as every locked one of this runtime does. */
function lockedStream(): Body {
  const stream: Body = new ReadableStream();
  stream.getReader();
  return stream;
}

/** A reader that refuses as every released one of this runtime does. */
function releasedReader(): ReadableStreamDefaultReader {
  const reader = new ReadableStream().getReader();
  reader.closed.catch(() => undefined);
  reader.releaseLock();
  return reader;
}
