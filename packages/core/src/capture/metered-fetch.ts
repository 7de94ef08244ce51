import { createSentAttempts } from './attempt/sent-attempts.ts';
import type { SentAttempt } from './attempt/sent-attempts.ts';
import type { CaptureOptions } from './capture-options.ts';
import { createFollowAnswer } from './follow-answer.ts';
import type { AnswerReader } from './payloads/answer-reader.ts';
import { withInherited } from './platform/inherited-options.ts';
import { changeHeaders, readHeader } from './platform/request-headers.ts';
import type { Injected } from './request/injection.ts';
import { prepareCall } from './request/prepare-call.ts';
import type { Call, TimedClient } from './request/prepare-call.ts';
import { withoutTurn } from './request/without-turn.ts';
import type { BareRequest } from './request/without-turn.ts';

/** The header that carries the handle of a turn; taken off every request before it leaves. */
export const turnHeader = 'x-kilotoken-turn';

/** Puts metering around one `fetch`; see {@link createCapture}. */
export interface Capture {
  /**
   * The metered self of a `fetch`; one that is metered already is returned as it is.
   *
   * @param client - Whose it is: only there stands how long a call may take which does not say so itself.
   */
  fetch(inner: typeof fetch, client?: TimedClient): typeof fetch;
  /** Records as unread what was answered and is not being read; the app has at most `waitMs` to begin. */
  dropUntouched(waitMs: number): Promise<void>;
}

/**
 * Builds the wrapper that makes one record of every HTTP attempt on an endpoint with usage, and changes nothing the
 * host can see. Requests on other addresses pass.
 */
export function createCapture<Reader extends AnswerReader>(options: CaptureOptions<Reader>): Capture {
  const { injection, onFault } = options;
  const attempts = createSentAttempts(options);
  const { follow, dropUntouched } = createFollowAnswer(options, attempts);

  const capture: Capture = { fetch: meter, dropUntouched };
  return capture;

  function meter(inner: typeof fetch, client?: TimedClient): typeof fetch {
    if (captureOf(inner) !== undefined) return inner;
    const metered = (input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> => {
      let call: Call | undefined;
      let bare: BareRequest | undefined;
      try {
        if (init !== undefined && underway in init) return inner(input, init);
        bare = withoutTurn(input, init, turnHeader);
        call = prepareCall(bare, options, client);
      } catch (error) {
        onFault(error);
      }
      if (call !== undefined) return send(inner, call);
      return bare === undefined ? inner(input, init) : inner(bare.input, bare.init);
    };
    // A proxy keeps the properties of the host's own function (`Response`, `preconnect`) without copying them.
    return new Proxy(inner, {
      apply: (_target, _this, parts: [Parameters<typeof fetch>[0], RequestInit | null | undefined]) =>
        metered(parts[0], parts[1] ?? undefined),
      get: (target, key) => (key === meteredBy ? capture : (Reflect.get(target, key) as unknown)),
    });
  }

  function send(inner: typeof fetch, call: Call): Promise<Response> {
    const attempt = attempts.start(call, inner);
    let answer: Promise<Response>;
    try {
      // The SDK awaits whatever a fetch of the app's gives, a promise or not.
      answer = Promise.resolve(inner(call.input, initOf(call, call.injected)));
    } catch (error) {
      attempts.broke(attempt, call);
      throw error;
    }
    return answer.then(
      (response) => {
        if (call.injected !== undefined && (response.status === 400 || response.status === 422)) {
          return resend(inner, call, attempt, response);
        }
        if (call.injection !== undefined && call.injected !== undefined && response.ok)
          injection.accepted(call.injection);
        return follow(attempt, call, response, call.injected);
      },
      (error: unknown) => {
        attempts.broke(attempt, call);
        throw error;
      },
    );
  }

  /**
   * The provider refused a body we had changed. Unless it has taken such bodies before and names another reason, the
   * host's own body goes out once, and the host gets that answer.
   */
  async function resend(
    inner: typeof fetch,
    call: Call,
    first: SentAttempt<Reader>,
    refused: Response,
  ): Promise<Response> {
    const considered = call.injection;
    const isKnown = considered !== undefined && injection.hasAccepted(considered);
    // Where the host may still get this very answer, only a copy of its body is read, and not to the end: a copy by
    // node-fetch waits for the host to read as much.
    const text = await (isKnown ? beginningOf(refused.clone()) : refused.text()).catch(() => '');
    const isNamed = /stream_options|include_usage/.test(text);
    if (isKnown && !isNamed) return follow(first, call, refused, undefined);
    first.status = refused.status;
    attempts.end(first, 'refused');
    const second = attempts.start(call, inner, first);
    try {
      const response = await inner(call.input, initOf(call, undefined));
      if (considered !== undefined && isNamed) injection.unwanted(considered);
      else if (considered !== undefined && response.ok) injection.doubted(considered);
      return follow(second, call, response, undefined);
    } catch (error) {
      attempts.broke(second, call);
      throw error;
    }
  }
}

/** So much of a refusal is read for whether it names what we asked for. */
const refusalChars = 8 * 1024;

async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return '';
  const reads = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  const decoder = new TextDecoder();
  let text = '';
  while (text.length < refusalChars) {
    const { done, value } = await reads.next();
    if (done === true) return text;
    text += decoder.decode(value, { stream: true });
  }
  // Nobody waits for this: one half of a web stream is left only once the other is.
  reads.return?.().catch(() => undefined);
  return text;
}

/** Marks a `fetch` that is metered already, with the capture it belongs to. */
const meteredBy: unique symbol = Symbol.for('kilotoken.meteredBy');

/** The capture that meters a `fetch`, if any does. */
export function captureOf(inner: typeof fetch): unknown {
  return (inner as { readonly [meteredBy]?: unknown })[meteredBy];
}

/**
 * Set on the options of a request that a metered fetch has sent on: one below it stays out of the way. Without a value,
 * for a test of the app's may compare the options, and `toEqual` of Jest passes over what is undefined.
 */
const underway: unique symbol = Symbol.for('kilotoken.underway');

function initOf(call: Call, injected: Injected | undefined): RequestInit {
  const init: RequestInit & { [underway]?: undefined } = { ...call.init, [underway]: undefined };
  if (call.relay !== undefined) init.signal = call.relay.signal;
  if (injected === undefined) return withInherited(call.init, init);
  init.body = injected.body;
  if (readHeader(call.init.headers, 'content-length') !== undefined) {
    const length = String(new TextEncoder().encode(injected.body).length);
    init.headers = changeHeaders(call.init.headers, turnHeader, { 'content-length': length }) ?? {};
  }
  return withInherited(call.init, init);
}
