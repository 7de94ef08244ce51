import { createAnswerSource } from './answer-source.ts';
import type { AnswerSource, BodyReader, GraceLimits } from './answer-source.ts';
import type { AnswerWatch } from './answer-watch.ts';

/** How an answer is followed. */
export interface AnswerOptions {
  readonly watch: AnswerWatch;
  readonly grace: GraceLimits;
  /**
   * Bytes may be taken out, or the runtime reads bodies natively and passes over own properties of a stream: the host
   * gets a body of ours. Else it keeps the very body object, and only the ways of reading it are observed.
   */
  readonly ownBody: boolean;
  /** Ends the connection with the host's reason. */
  readonly disconnect: (reason: unknown) => void;
}

/** The host's abort, for an answer whose body is under way. */
export interface FollowedAnswer {
  abort(reason: unknown): void;
}

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/**
 * Follows the body of a web `Response` without replacing the response: own properties on the same object, so that its
 * headers, its identity and whatever else the host compares stay what they were.
 *
 * @returns What the host's abort is to be told to. Hold it weakly: it keeps the response alive.
 */
export function followWebAnswer(response: Response, body: Body, options: AnswerOptions): FollowedAnswer {
  const { watch, ownBody } = options;
  // Looked up before it is shadowed below; a wrapper beneath us may have shadowed it already.
  const { getReader } = body;
  // Whatever the host holds of the answer leads here, and so does a read under way: this is collected when nobody can
  // read the answer any more, and not before.
  const followed: FollowedAnswer & { source?: AnswerSource } & Pick<AnswerOptions, 'watch' | 'disconnect'> = {
    watch,
    disconnect: options.disconnect,
    abort(reason) {
      if (watch.leave()) sourceOf().interrupt(reason);
      else options.disconnect(reason);
    },
  };
  /** What the host sees as `response.body`, once it has asked for it. */
  let face: Body | undefined;
  /** A real stream over the source, for all that reads natively. Where the body is ours it is also the face. */
  let stream: Body | undefined;
  let isLocked = false;

  const readBody = Object.getPrototypeOf(response) as Response;
  defineHidden(response, {
    text: ownBody ? async () => whole().text() : observedText,
    json: ownBody ? async () => whole().json() : async () => JSON.parse(await observedText()) as unknown,
    arrayBuffer: async () => whole().arrayBuffer(),
    blob: async () => whole().blob(),
    formData: async () => whole().formData(),
    clone,
  });
  if ('bytes' in readBody)
    defineHidden(response, { bytes: async () => (whole() as Response & { bytes(): Promise<Uint8Array> }).bytes() });
  Object.defineProperty(response, 'body', { configurable: true, get: bodyOf });

  return followed;

  function sourceOf(): AnswerSource {
    followed.source ??= createAnswerSource(getReader.call(body) as BodyReader, watch, options.grace, (reason) =>
      followed.disconnect(reason),
    );
    return followed.source;
  }

  function streamOf(): Body {
    stream ??= createPullStream(sourceOf);
    return stream;
  }

  function bodyOf(): Body {
    face ??= dressed(ownBody ? streamOf() : body);
    return face;
  }

  /** Puts direct ways of reading on a stream, which go straight to the source without a stream in between. */
  function dressed(target: Body): Body {
    const native = Object.getPrototypeOf(target) as Body;
    const isNativelyLocked = Object.getOwnPropertyDescriptor(native, 'locked')?.get;
    const lockedNow = (): boolean => isLocked || (stream !== undefined && isNativelyLocked?.call(stream) === true);
    const natively = (): Body => {
      if (lockedNow()) throw new TypeError('ReadableStream is locked');
      return streamOf();
    };
    const iterator = (settings?: { readonly preventCancel?: boolean }): AsyncIterableIterator<Uint8Array> => {
      const reader = directReader();
      return {
        async next() {
          const result = await reader.read();
          if (result.done) reader.releaseLock();
          return result;
        },
        async return(value?: unknown) {
          if (settings?.preventCancel !== true) await reader.cancel();
          reader.releaseLock();
          return { done: true, value };
        },
        [Symbol.asyncIterator]() {
          return this;
        },
      } as AsyncIterableIterator<Uint8Array>;
    };
    defineHidden(target, {
      getReader: (settings?: { readonly mode?: 'byob' }) =>
        settings?.mode === undefined ? directReader() : native.getReader.call(natively(), settings as never),
      values: iterator,
      [Symbol.asyncIterator]: iterator,
      cancel: (reason?: unknown) =>
        lockedNow() ? Promise.reject(new TypeError('ReadableStream is locked')) : sourceOf().cancel(reason),
      tee: () => native.tee.call(natively()),
      pipeTo: async (...parts: Parameters<Body['pipeTo']>) => native.pipeTo.apply(natively(), parts),
      pipeThrough: (...parts: Parameters<Body['pipeThrough']>) => native.pipeThrough.apply(natively(), parts),
    });
    Object.defineProperty(target, 'locked', { configurable: true, get: lockedNow });
    return target;

    function directReader(): ReadableStreamDefaultReader<Uint8Array> {
      if (lockedNow()) throw new TypeError('ReadableStream is locked');
      isLocked = true;
      let isReleased = false;
      const reader = {
        read: () => (isReleased ? Promise.reject(new TypeError('The reader was released')) : sourceOf().read()),
        cancel: (reason?: unknown) => sourceOf().cancel(reason),
        releaseLock() {
          if (isReleased) return;
          isReleased = true;
          isLocked = false;
        },
        get closed() {
          return sourceOf().closed;
        },
      };
      return reader as ReadableStreamDefaultReader<Uint8Array>;
    }
  }

  /** The body as the host may see it, to be read whole. */
  function whole(): Response {
    return new Response(bodyOf(), { headers: response.headers });
  }

  /** Reads the whole body natively, and shows it to the watch before the host gets it. */
  function observedText(): Promise<string> {
    if (followed.source !== undefined) return (async () => whole().text())();
    const reading = readBody.text.call(response);
    reading.then(
      (text) => followed.watch.seeText(text),
      (error: unknown) => followed.watch.fail(error),
    );
    return reading;
  }

  function clone(): Response {
    if (response.bodyUsed || bodyOf().locked) return readBody.clone.call(response);
    const [mine, theirs] = bodyOf().tee();
    face = mine;
    const copy = new Response(theirs, response);
    for (const name of ['url', 'redirected', 'type'] as const) {
      Object.defineProperty(copy, name, { configurable: true, value: response[name] });
    }
    return copy;
  }
}

/** A byte stream that reads the source only when it is read itself. */
function createPullStream(source: () => AnswerSource): Body {
  const pull = async (
    controller: ReadableByteStreamController | ReadableStreamDefaultController<Uint8Array>,
  ): Promise<void> => {
    const result = await source().read();
    if (!result.done) {
      // A byte stream takes the buffer away from whoever holds it: give it one of its own. Not `slice`: that of a Node
      // Buffer, which a fetch of the host's may supply, is a view.
      controller.enqueue(new Uint8Array(result.value));
      return;
    }
    controller.close();
    if ('byobRequest' in controller) controller.byobRequest?.respond(0);
  };
  const cancel = (reason: unknown): Promise<void> => source().cancel(reason);
  return new ReadableStream({ type: 'bytes', pull, cancel }, { highWaterMark: 0 }) as Body;
}

function defineHidden(target: object, members: Record<PropertyKey, unknown>): void {
  for (const key of Reflect.ownKeys(members)) {
    Object.defineProperty(target, key, { configurable: true, writable: true, value: members[key as string] });
  }
}
