import type { Readable } from 'node:stream';
import type { BodyReader } from '../platform/body-reader.ts';
import { refusableReader } from '../platform/refusable-reader.ts';
import { readHeader } from '../platform/request-headers.ts';
import { createAnswerSource } from './answer-source.ts';
import type { AnswerSource, Connection } from './answer-source.ts';
import type { AnswerOptions, FollowedAnswer } from './web-answer.ts';

/** A response of node-fetch, as openai 4 gets it by default: its body is a Node stream. */
interface NodeResponse {
  readonly headers: Headers;
  readonly body: Readable;
  readonly bodyUsed: boolean;
  clone(): NodeResponse;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The ways of reading a response as a whole. */
const wholeReadings = ['text', 'json', 'arrayBuffer', 'blob', 'bytes'] as const;

/** Tells a Node stream from a web stream. */
export function isNodeBody(body: unknown): body is Readable {
  return typeof (body as Readable | null)?.pipe === 'function' && typeof (body as Readable).destroy === 'function';
}

/**
 * Follows the body of a node-fetch response: the counterpart of `followWebAnswer`.
 *
 * Only `body` is shadowed: every way of reading such a response goes through that property, so that its state and its
 * errors stay its own. Responses of others with such a body (`@whatwg-node/fetch`, `@adobe/fetch`) pass it by.
 */
export function followNodeAnswer(response: NodeResponse, body: Readable, options: AnswerOptions): FollowedAnswer {
  const { watch } = options;
  const { Readable: ReadableStream } = globalThis.process.getBuiltinModule('node:stream');
  const native = Object.getPrototypeOf(response) as NodeResponse;
  // Collected when nobody can read the answer any more, see `followWebAnswer`.
  const followed: FollowedAnswer & Connection & { source?: AnswerSource } = {
    get isUntouched() {
      return followed.source === undefined && !response.bodyUsed;
    },
    disconnect: (reason) => options.connection.disconnect(reason),
    abort(reason) {
      if (watch.leave()) sourceOf().interrupt(reason);
      else followed.disconnect(reason);
    },
  };
  let face: Readable | undefined;
  let shown: Blob | undefined;
  /** What node-fetch keeps its body in. */
  const kept = Object.getOwnPropertySymbols(response)
    .map((key) => Reflect.get(response, key) as { body?: Readable } | undefined)
    .find((inside) => inside?.body === body);

  Object.defineProperty(response, 'body', { configurable: true, get: bodyOf });
  Object.defineProperty(response, 'clone', { configurable: true, writable: true, value: clone });
  if (kept === undefined) {
    for (const how of wholeReadings.filter((name) => name in response)) {
      Object.defineProperty(response, how, { configurable: true, writable: true, value: () => readWhole(how) });
    }
  }

  return followed;

  /** Reads natively, and gives what may be shown of it. */
  async function readWhole(how: (typeof wholeReadings)[number]): Promise<unknown> {
    const read = await native.arrayBuffer.call(response).catch((error: unknown) => {
      watch.fail(error);
      throw error;
    });
    shown ??= shownOf(new Uint8Array(read));
    const type = readHeader(response.headers, 'content-type') ?? '';
    return new Response(shown, { headers: { 'content-type': type } })[how]();
  }

  function shownOf(bytes: Uint8Array): Blob {
    const parts = [watch.see(bytes), watch.finish()];
    return new Blob(parts.filter((part): part is Uint8Array<ArrayBuffer> => part !== undefined));
  }

  function sourceOf(): AnswerSource {
    if (followed.source === undefined) {
      const reader = readerOf(body);
      followed.source = createAnswerSource(() => reader, watch, options.grace, followed);
    }
    return followed.source;
  }

  function bodyOf(): Readable {
    face ??= createFace();
    return face;
  }

  function createFace(): Readable {
    const created = new ReadableStream({
      highWaterMark: 0,
      read(this: Readable) {
        sourceOf()
          .read()
          .then(
            (result) => this.push(result.done ? null : result.value),
            (error: unknown) => this.destroy(error as Error),
          );
      },
      destroy(this: Readable, error, done) {
        // node-fetch reaches for this stream, through the response, to tell of a broken connection. A host that breaks
        // off destroys it as well, with an AbortError that Node supplies.
        if (error !== null && error.name !== 'AbortError') sourceOf().fail(error);
        else if (!this.readableEnded)
          sourceOf()
            .cancel()
            .catch(() => undefined);
        done(error);
      },
    });
    // node-fetch listens on every body; without a listener a broken connection would end the process.
    created.on('error', () => undefined);
    return created;
  }

  /** The response keeps its own half of a clone inside, where the shadow hides it. */
  function clone(): NodeResponse {
    // node-fetch 3 clones what it keeps, and would pass the shadow by.
    if (kept !== undefined) kept.body = bodyOf();
    const twin = native.clone.call(response);
    face = Reflect.get(native, 'body', response);
    return twin;
  }
}

/** One read of a Node stream at a time, as a reader of a web stream does it. */
function readerOf(body: Readable): BodyReader {
  const iterator = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
  return refusableReader({
    read: async () => {
      const result = await iterator.next();
      return result.done === true ? { done: true, value: undefined } : { done: false, value: result.value };
    },
    cancel: async () => {
      body.destroy();
    },
    releaseLock: () => undefined,
    closed: Promise.resolve(),
  });
}
