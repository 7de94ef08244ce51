import { builtinModule } from '../../node/builtin-module.ts';
import type { BodyReader } from '../platform/body-reader.ts';
import { refusableReader } from '../platform/refusable-reader.ts';
import { twinOf } from '../platform/response-twin.ts';
import { readsBodiesNatively, weakly } from '../platform/runtime.ts';
import { createMemberShadow } from '../platform/shadow-members.ts';
import { createAnswerSource } from './answer-source.ts';
import type { AnswerSource, Connection } from './answer-source.ts';
import type { AnswerWatch } from './answer-watch.ts';
import { makeDirect } from './direct-body.ts';
import type { Body, BodyState } from './direct-body.ts';
import type { Grace } from './grace-reads.ts';
import { createPullStream } from './pull-stream.ts';
import type { PullStream } from './pull-stream.ts';
import type { ReadableAnswer } from './unread-answers.ts';

/** How an answer is followed. */
export interface AnswerOptions {
  readonly watch: AnswerWatch;
  readonly grace: Grace;
  /**
   * Bytes may be taken out, or the runtime reads bodies natively and passes over own properties of a stream: the host
   * gets a body of ours. Else it keeps the very body object, and only the ways of reading it are observed.
   */
  readonly ownBody: boolean;
  readonly connection: Connection;
}

/** An answer whose body is under way. */
export interface FollowedAnswer extends ReadableAnswer {
  /** The host's abort. */
  abort(reason: unknown): void;
}

/**
 * Follows the body of a web `Response` without replacing the response: its ways of being read are shadowed on the same
 * object, so that its headers, its identity and whatever else the host compares stay what they were.
 *
 * @returns What the host's abort is to be told to. Hold it weakly: it keeps the response alive.
 */
export function followWebAnswer(response: Response, body: Body, options: AnswerOptions): FollowedAnswer {
  const followed = new WebAnswer(response, body, options);
  shadow.lay(response, followed);
  return followed;
}

/**
 * Whatever the host holds of the answer leads here, and so does a read under way: this is collected when nobody can read
 * the answer any more, and not before.
 *
 * A class, for there is one of these per answer.
 */
class WebAnswer implements FollowedAnswer, BodyState, Connection {
  readonly options: AnswerOptions;
  source: AnswerSource | undefined = undefined;
  /** What the host sees as `response.body`, once it has asked for it. */
  face: Body | undefined = undefined;
  private pulled: PullStream | undefined = undefined;
  lock: BodyState['lock'] = 'none';
  /** The face is one half of a clone, a native stream, and shows no more how far the answer was read. */
  isHalved = false;
  /** Kept while it is read, for undici cancels an unlocked body whose response nobody holds; see {@link loosen}. */
  private response: Response | undefined;
  private looseResponse: Pick<WeakRef<Response>, 'deref'> | undefined = undefined;
  private readonly body: Body;
  /** Looked up before it is shadowed; a wrapper beneath us may have shadowed it already. */
  private readonly getReader: Body['getReader'];

  constructor(response: Response, body: Body, options: AnswerOptions) {
    this.response = response;
    this.options = options;
    this.body = body;
    this.getReader = body.getReader;
  }

  /**
   * The body is the host's own, and undici holds it, and with it all this, while its connection is open. So that it hears
   * where the host has dropped the response unread, the response is not held from here.
   */
  loosen(): void {
    if (this.options.ownBody || this.response === undefined || this.lock !== 'none' || !this.isUntouched) return;
    this.looseResponse = weakly(this.response);
    this.response = undefined;
  }

  /** Somebody has the body to read it, perhaps not at once. */
  hold(): void {
    this.response = this.held;
  }

  get isDropped(): boolean {
    return this.source === undefined && this.looseResponse !== undefined && this.held === undefined;
  }

  private get held(): Response | undefined {
    return this.response ?? this.looseResponse?.deref();
  }

  abort(reason: unknown): void {
    if (this.options.watch.leave()) this.sourceOf().interrupt(reason);
    else {
      this.over({ error: reason });
      this.disconnect(reason);
    }
  }

  over(broken: { readonly error: unknown } | undefined): void {
    this.pulled?.settle(broken);
  }

  disconnect(reason: unknown): void {
    this.options.connection.disconnect(reason);
  }

  sourceOf(): AnswerSource {
    const { watch, grace } = this.options;
    this.source ??= createAnswerSource(() => this.reader(), watch, grace, this);
    return this.source;
  }

  private reader(): BodyReader {
    const reader = this.getReader.call(this.body) as BodyReader;
    return readsBodiesNatively() ? refusableReader(reader) : reader;
  }

  get stream(): Body | undefined {
    return this.pulled?.stream;
  }

  streamOf(): Body {
    this.hold();
    this.pulled ??= createPullStream(this);
    return this.pulled.stream;
  }

  readNatively(): Body {
    const stream = this.streamOf();
    this.pulled?.follow();
    return stream;
  }

  get isReadNatively(): boolean {
    return this.pulled?.isFollowing === true;
  }

  get isUntouched(): boolean {
    return this.source === undefined && !this.isUsed;
  }

  private get isUsed(): boolean {
    return this.held?.bodyUsed === true;
  }

  /** True where a native body would refuse to be read as a whole: locked, or read in part. */
  get isUnusable(): boolean {
    const { face, isHalved } = this;
    if (face?.locked === true) return true;
    return isHalved ? face !== undefined && isDisturbed(face) : this.isUsed;
  }

  bodyOf(): Body {
    const isOurs = this.options.ownBody || !Object.isExtensible(this.body);
    this.face ??= makeDirect(isOurs ? this.streamOf() : this.body, this);
    return this.face;
  }
}

const shadow = createMemberShadow<Response, WebAnswer>((native, answerOf) => {
  const isUsed = (response: Response): boolean => Reflect.get(native, 'bodyUsed', response);
  /** The response itself, whose own methods refuse from now on, as they do on a body that was read. */
  const refusing = (response: Response, answer: WebAnswer): Response => {
    if (!isUsed(response)) answer.sourceOf();
    return response;
  };
  /** The body is read as the host may see it. */
  const readWhole = async (response: Response, how: WholeReading): Promise<unknown> => {
    const answer = answerOf(response);
    if (answer === undefined) return (native as ReadableWhole)[how].call(response);
    if (answer.isUnusable) return (native as ReadableWhole)[how].call(refusing(response, answer));
    return (new Response(answer.bodyOf(), { headers: response.headers }) as ReadableWhole)[how]();
  };
  /** Reads natively, and shows what came to the watch before the host gets it. */
  const readText = (
    response: Response,
    how: 'text' | 'json',
    show: (text: string, watch: AnswerWatch) => unknown,
  ): Promise<unknown> => {
    const answer = answerOf(response);
    if (answer === undefined || answer.options.ownBody || answer.isHalved || answer.isUnusable)
      return readWhole(response, how);
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
      if (answer === undefined) return native.clone.call(this);
      if (answer.isUnusable) return native.clone.call(refusing(this, answer));
      const [mine, theirs] = answer.bodyOf().tee();
      answer.face = mine;
      answer.isHalved = true;
      return twinOf(this, theirs);
    },
    get bodyUsed() {
      const response = this as unknown as Response;
      const answer = answerOf(response);
      if (answer?.isHalved !== true) return isUsed(response);
      return answer.face !== undefined && isDisturbed(answer.face);
    },
    // A response in plain JavaScript, such as that of happy-dom, notes it down when it is read.
    set bodyUsed(isIt: boolean) {
      Reflect.set(native, 'bodyUsed', isIt);
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

/** Whether a stream was read from. Where the runtime does not tell, a new response would refuse such a stream. */
function isDisturbed(stream: Body): boolean {
  // Node's own test, which its types do not know.
  const streams = builtinModule('node:stream') as { readonly isDisturbed?: (stream: unknown) => boolean } | undefined;
  if (streams?.isDisturbed !== undefined) return streams.isDisturbed(stream);
  if (stream.locked) return true;
  try {
    return new Response(stream).bodyUsed;
  } catch {
    return true;
  }
}

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
