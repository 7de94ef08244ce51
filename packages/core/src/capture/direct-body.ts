import type { AnswerSource, ReadResult } from './answer-source.ts';
import { createMemberShadow } from './shadow-members.ts';

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
  stream: Body | undefined;
  /** Which direct way of reading has the body; an iterator gives it free with the body's end. */
  lock: 'none' | 'reader' | 'iterator';
}

/** Puts direct ways of reading on a stream, which go straight to the source without a stream in between. */
export function makeDirect(body: Body, state: BodyState): Body {
  shadow.lay(body, state);
  return body;
}

const shadow = createMemberShadow<Body, BodyState>((native, stateOf) => {
  // For those who ask what it is: a reader of the runtime's own. Not at the import, where there may be no streams.
  Object.setPrototypeOf(DirectReader.prototype, ReadableStreamDefaultReader.prototype);
  const isNativelyLocked = (stream: Body): boolean => Reflect.get(native, 'locked', stream);
  const isLocked = (state: BodyState, body: Body): boolean =>
    state.lock === 'reader' ||
    // Read past us, as `text` of the response does.
    (state.source === undefined && isNativelyLocked(body)) ||
    (state.lock === 'iterator' && !state.sourceOf().isOver) ||
    (state.stream !== undefined && isNativelyLocked(state.stream));
  /** The stream to be read natively: the body itself where it is none of ours, and one that refuses where it is locked. */
  const natively = (body: Body): Body => {
    const state = stateOf(body);
    if (state === undefined) return body;
    return isLocked(state, body) ? lockedStream() : state.streamOf();
  };
  const values = function (this: Body, settings?: { readonly preventCancel?: boolean }): unknown {
    const state = stateOf(this);
    if (state === undefined || isLocked(state, this)) return native.values.call(natively(this), settings);
    state.lock = 'iterator';
    return createDirectIterator(state, settings?.preventCancel === true);
  };

  return {
    getReader(this: Body, settings?: { readonly mode?: 'byob' }) {
      const state = stateOf(this);
      if (state === undefined || settings?.mode !== undefined || isLocked(state, this))
        return native.getReader.call(natively(this), settings as never);
      state.lock = 'reader';
      return createDirectReader(state);
    },
    values,
    [Symbol.asyncIterator]: values,
    cancel(this: Body, reason?: unknown) {
      const state = stateOf(this);
      if (state === undefined || isLocked(state, this)) return native.cancel.call(natively(this), reason);
      return state.sourceOf().cancel(reason);
    },
    tee(this: Body) {
      return native.tee.call(natively(this));
    },
    async pipeTo(this: Body, ...parts: Parameters<Body['pipeTo']>) {
      return native.pipeTo.apply(natively(this), parts);
    },
    pipeThrough(this: Body, ...parts: Parameters<Body['pipeThrough']>) {
      return native.pipeThrough.apply(natively(this), parts);
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
  /** What refuses in its place from then on, made where it is asked: the SDK releases every reader, and asks none again. */
  #refusing: ReadableStreamDefaultReader | undefined;

  constructor(state: BodyState) {
    this.#state = state;
  }

  get closed(): Promise<unknown> {
    return this.#released?.closed ?? this.#state.sourceOf().closed;
  }

  read(): Promise<ReadResult> {
    return (this.#released?.read() as Promise<ReadResult> | undefined) ?? this.#state.sourceOf().read();
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#released?.cancel(reason) ?? this.#state.sourceOf().cancel(reason);
  }

  releaseLock(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#state.lock = 'none';
    this.#state.source?.release();
  }

  get #released(): ReadableStreamDefaultReader | undefined {
    if (this.#isReleased) this.#refusing ??= releasedReader();
    return this.#refusing;
  }
}

function createDirectIterator(state: BodyState, preventsCancel: boolean): AsyncIterableIterator<Uint8Array> {
  return new DirectIterator(state, preventsCancel) as AsyncIterableIterator<Uint8Array>;
}

/** Hands on the very promise of the source: the SDK awaits one per read, and each more in between costs all of them. */
class DirectIterator {
  readonly #state: BodyState;
  readonly #source: AnswerSource;
  readonly #preventsCancel: boolean;
  readonly #timesTold: number;
  /** The last read that waits for those before it. */
  #queued: Promise<ReadResult> | undefined;
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
    if (this.#isReturned || this.#queued !== undefined || source.underway !== undefined) return this.#nextInTurn();
    return source.timesTold > this.#timesTold ? Promise.resolve(ended) : source.read();
  }

  /** Behind the reads that were asked for before. */
  #nextInTurn(): Promise<ReadResult> {
    const isOver = this.#isReturned;
    const read = (): Promise<ReadResult> => (isOver || this.#isAtEnd() ? Promise.resolve(ended) : this.#source.read());
    const before = this.#underway();
    if (before === undefined) return read();
    const queued = before.then(read, read);
    const settled = (): void => {
      if (this.#queued === queued) this.#queued = undefined;
    };
    queued.then(settled, settled);
    return (this.#queued = queued);
  }

  async return(value?: unknown): Promise<unknown> {
    this.#isReturned = true;
    const underway = this.#underway();
    if (underway !== undefined) await underway.catch(() => undefined);
    const isLeft = !this.#isAtEnd() && !this.#preventsCancel;
    this.#isOver = true;
    const cancelled = isLeft ? this.#source.cancel() : undefined;
    this.#state.lock = 'none';
    await cancelled;
    return { done: true, value };
  }

  #underway(): Promise<ReadResult> | undefined {
    return this.#queued ?? this.#source.underway;
  }

  /** The end, or what the body broke with, is told once. */
  #isAtEnd(): boolean {
    return this.#isOver || this.#source.timesTold > this.#timesTold;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

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
