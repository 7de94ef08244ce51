import type { Endpoint } from '../endpoint/endpoint.ts';
import type { HidePolicy, ProviderPolicy } from '../endpoint/provider.ts';
import { spliceIncludeUsage } from './request-body.ts';
import type { RequestFacts } from './request-body.ts';

/** What the function `inject` is told about a call. */
export interface InjectCall {
  /** URL of the request, without its query. */
  readonly url: string;
  /** The provider, recognized by its host. */
  readonly provider: string;
  /** `chat` or `completions`. */
  readonly operation: 'chat' | 'completions';
  /** The requested model. */
  readonly model?: string;
}

/**
 * Whether to ask for the usage of streams if the app did not. `auto` (default) follows a dated table of providers, `always` asks
 * every provider, `never` none. A function decides per call and must be synchronous: if it returns a promise, the meter does not ask,
 * and reports it to `onError`.
 */
export type InjectMode = 'auto' | 'always' | 'never' | ((call: InjectCall) => boolean);

/** A body that asks for usage, and what is to be taken out of the answer in return. */
export interface Injected {
  readonly body: string;
  readonly hide: HidePolicy;
}

/** One request, as far as the decision needs it. */
export interface InjectionRequest {
  readonly url: string;
  readonly endpoint: Endpoint;
  readonly policy: ProviderPolicy;
  readonly body: string;
  readonly facts: RequestFacts;
  /** The body is covered by a signature (AWS SigV4): it must not change. */
  readonly isSigned: boolean;
}

/** Decides on asking, and learns per origin and model who refuses. */
export interface Injection {
  /** `undefined` where the request goes out as it is. */
  decide(request: InjectionRequest): Injected | undefined;
  /** The provider took an injected body. */
  accepted(request: InjectionRequest): void;
  hasAccepted(request: InjectionRequest): boolean;
  /** The provider will not have an injected body: never again for this origin and model. */
  unwanted(request: InjectionRequest): void;
  /**
   * The provider refused an injected body without a word of what was asked for, and took the host's own: it may have been
   * by chance. It is asked again after a pause, by one stream, and after a longer one each time.
   */
  doubted(request: InjectionRequest): void;
}

/** What is known of an origin and model. */
type Learned = 'accepted' | 'unwanted' | Doubt;

interface Doubt {
  readonly pauseMs: number;
  /** By the clock that nobody sets. */
  readonly askAgainMs: number;
}

const firstPauseMs = 60_000;
const pauseGrowth = 4;
const longestPauseMs = 24 * 60 * 60 * 1000;

export function createInjection(mode: InjectMode, respectExplicitFalse: boolean): Injection {
  const learned = new Map<string, Learned>();
  return {
    decide(request) {
      const { facts, policy, endpoint } = request;
      if (!endpoint.asksForUsage || !facts.streams || facts.includeUsage === true) return undefined;
      if (request.isSigned || facts.hasDataSources || mode === 'never') return undefined;
      if (facts.includeUsage === false && respectExplicitFalse) return undefined;
      const known = learned.get(keyOf(request));
      const doubt = typeof known === 'object' ? known : undefined;
      if (known === 'unwanted' || (doubt !== undefined && performance.now() < doubt.askAgainMs)) return undefined;
      if (!wants(request)) return undefined;
      const body = spliceIncludeUsage(request.body, facts);
      if (body === undefined) return undefined;
      if (doubt !== undefined) learn(request, doubtFor(Math.min(doubt.pauseMs * pauseGrowth, longestPauseMs)));
      return { body, hide: policy.ask ? policy.hide : 'usage-only events' };
    },
    accepted: (request) => learn(request, 'accepted'),
    hasAccepted: (request) => learned.get(keyOf(request)) === 'accepted',
    unwanted: (request) => learn(request, 'unwanted'),
    doubted(request) {
      // Calls beside this one may have learned more.
      if (!learned.has(keyOf(request))) learn(request, doubtFor(firstPauseMs));
    },
  };

  function wants({ url, policy, endpoint, facts }: InjectionRequest): boolean {
    if (mode === 'always') return true;
    if (typeof mode !== 'function') return policy.ask;
    const operation = endpoint.operation === 'completions' ? 'completions' : 'chat';
    const wanted: unknown = mode({
      url,
      provider: policy.provider,
      operation,
      ...(facts.model === undefined ? {} : { model: facts.model }),
    });
    if (wanted instanceof Promise) {
      // A promise is true whatever it comes to, and nobody else would hear of its rejection.
      wanted.catch(() => undefined);
      throw new TypeError('inject: the function returned a promise; it must return true or false itself');
    }
    return Boolean(wanted);
  }

  function learn(request: InjectionRequest, what: Learned): void {
    const key = keyOf(request);
    if (learned.get(key) === what) return;
    if (learned.size >= maxLearned) learned.clear();
    learned.set(key, what);
  }
}

const maxLearned = 10_000;

function doubtFor(pauseMs: number): Doubt {
  return { pauseMs, askAgainMs: performance.now() + pauseMs };
}

function keyOf(request: InjectionRequest): string {
  return `${request.url}\n${request.facts.model ?? ''}`;
}
