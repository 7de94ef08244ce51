import { createAnswerSource } from './answer-source.ts';
import type { AnswerSource, BodyReader, GraceLimits } from './answer-source.ts';
import type { AnswerWatch } from './answer-watch.ts';
import { makeDirect } from './direct-body.ts';
import type { Body, BodyState } from './direct-body.ts';
import { createPullStream } from './pull-stream.ts';
import { createMemberShadow } from './shadow-members.ts';

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

/**
 * Follows the body of a web `Response` without replacing the response: its ways of being read are shadowed on the same
 * object, so that its headers, its identity and whatever else the host compares stay what they were.
 *
 * @returns What the host's abort is to be told to. Hold it weakly: it keeps the response alive.
 */
export function followWebAnswer(response: Response, body: Body, options: AnswerOptions): FollowedAnswer {
  const followed = new WebAnswer(body, options);
  shadow.lay(response, followed);
  return followed;
}

/**
 * Whatever the host holds of the answer leads here, and so does a read under way: this is collected when nobody can read
 * the answer any more, and not before.
 *
 * A class, for there is one of these per answer.
 */
class WebAnswer implements FollowedAnswer, BodyState {
  readonly options: AnswerOptions;
  source: AnswerSource | undefined = undefined;
  /** What the host sees as `response.body`, once it has asked for it. */
  face: Body | undefined = undefined;
  stream: Body | undefined = undefined;
  lock: BodyState['lock'] = 'none';
  private readonly body: Body;
  /** Looked up before it is shadowed; a wrapper beneath us may have shadowed it already. */
  private readonly getReader: Body['getReader'];

  constructor(body: Body, options: AnswerOptions) {
    this.options = options;
    this.body = body;
    this.getReader = body.getReader;
  }

  abort(reason: unknown): void {
    if (this.options.watch.leave()) this.sourceOf().interrupt(reason);
    else this.options.disconnect(reason);
  }

  sourceOf(): AnswerSource {
    const { watch, grace } = this.options;
    this.source ??= createAnswerSource(this.getReader.call(this.body) as BodyReader, watch, grace, (reason) =>
      this.options.disconnect(reason),
    );
    return this.source;
  }

  streamOf(): Body {
    this.stream ??= createPullStream(() => this.sourceOf());
    return this.stream;
  }

  bodyOf(): Body {
    this.face ??= makeDirect(this.options.ownBody ? this.streamOf() : this.body, this);
    return this.face;
  }
}

const shadow = createMemberShadow<Response, WebAnswer>((native, answerOf) => {
  /** The body is read as the host may see it. */
  const readWhole = async (response: Response, how: WholeReading): Promise<unknown> => {
    const answer = answerOf(response);
    if (answer === undefined) return (native as ReadableWhole)[how].call(response);
    return (new Response(answer.bodyOf(), { headers: response.headers }) as ReadableWhole)[how]();
  };
  /** Reads natively, and shows what came to the watch before the host gets it. */
  const readText = (
    response: Response,
    how: 'text' | 'json',
    show: (text: string, watch: AnswerWatch) => unknown,
  ): Promise<unknown> => {
    const answer = answerOf(response);
    if (answer === undefined || answer.options.ownBody || answer.source !== undefined) return readWhole(response, how);
    const { watch } = answer.options;
    return native.text.call(response).then(
      (text) => show(text, watch),
      (error: unknown) => {
        watch.fail(error);
        throw error;
      },
    );
  };

  const members = {
    text(this: Response) {
      return readText(this, 'text', showText);
    },
    json(this: Response) {
      return readText(this, 'json', showJson);
    },
    arrayBuffer(this: Response) {
      return readWhole(this, 'arrayBuffer');
    },
    blob(this: Response) {
      return readWhole(this, 'blob');
    },
    formData(this: Response) {
      return readWhole(this, 'formData');
    },
    clone(this: Response) {
      const answer = answerOf(this);
      if (answer === undefined || this.bodyUsed || answer.bodyOf().locked) return native.clone.call(this);
      const [mine, theirs] = answer.bodyOf().tee();
      answer.face = mine;
      return twinOf(this, theirs);
    },
    get body() {
      const response = this as unknown as Response;
      const answer = answerOf(response);
      return answer === undefined ? (Reflect.get(native, 'body', response) as Body | null) : answer.bodyOf();
    },
  };
  if (!('bytes' in native)) return members;
  return Object.assign(Object.defineProperties({}, Object.getOwnPropertyDescriptors(members)), {
    bytes(this: Response) {
      return readWhole(this, 'bytes');
    },
  });
});

type WholeReading = 'text' | 'json' | 'arrayBuffer' | 'blob' | 'formData' | 'bytes';
type ReadableWhole = Readonly<Record<WholeReading, () => Promise<unknown>>>;

function showText(text: string, watch: AnswerWatch): string {
  watch.seeText(text);
  return text;
}

function showJson(text: string, watch: AnswerWatch): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    watch.seeText(text);
    throw error;
  }
  watch.seeText(text, value);
  return value;
}

function twinOf(response: Response, body: Body): Response {
  const copy = new Response(body, response);
  for (const name of ['url', 'redirected', 'type'] as const) {
    Object.defineProperty(copy, name, { configurable: true, value: response[name] });
  }
  return copy;
}
