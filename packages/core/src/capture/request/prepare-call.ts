import { requestTarget } from '../endpoint/request-target.ts';
import type { RequestTarget } from '../endpoint/request-target.ts';
import type { Injected, Injection, InjectionRequest } from './injection.ts';
import { isSigned } from './is-signed.ts';
import { readFormBody, readRequestBody } from './request-body.ts';
import type { RequestFacts } from './request-body.ts';
import { readRequestHints } from './request-hints.ts';
import type { RequestHints } from './request-hints.ts';
import { relaySignal } from './signal-relay.ts';
import type { SignalRelay } from './signal-relay.ts';
import type { BareRequest } from './without-turn.ts';

/** A client of the SDK: its time-out in milliseconds. */
export interface TimedClient {
  readonly timeout?: unknown;
}

/** One request on its way: everything that sending it needs. */
export interface Call {
  readonly target: RequestTarget;
  /** Address without its query. */
  readonly url: string;
  readonly input: Parameters<typeof fetch>[0];
  readonly init: RequestInit;
  readonly injection: InjectionRequest | undefined;
  readonly injected: Injected | undefined;
  /** Empty where it is not text. */
  readonly body: string;
  readonly streams: boolean;
  readonly isBackground: boolean;
  readonly model: string | undefined;
  /** The opaque handle of the turn it belongs to. */
  readonly handle: string | undefined;
  readonly hints: RequestHints | undefined;
  /** The host's own. */
  readonly signal: AbortSignal | null | undefined;
  readonly relay: SignalRelay | undefined;
  readonly client: TimedClient | undefined;
}

/** What deciding on a request needs of its surroundings. */
export interface CallSurroundings {
  readonly injection: Injection;
  /** The turn the running code belongs to, where no header names one. */
  readonly currentTurn: () => string | undefined;
  /** Whether to read what a request says of whose it is. */
  readonly readsHints: boolean;
  /** Told of a function of the app's that threw; the request goes out as it is. */
  readonly onFault: (error: unknown) => void;
}

/**
 * Reads one request and decides what becomes of it.
 *
 * @returns `undefined` for a request that makes no record.
 */
export function prepareCall(
  { input, init, handle }: BareRequest,
  { injection, currentTurn, readsHints, onFault }: CallSurroundings,
  client?: TimedClient,
): Call | undefined {
  const request = typeof input === 'object' && 'url' in input ? input : undefined;
  const url = request?.url ?? (input as string | URL).toString();
  const target = requestTarget(init?.method ?? request?.method ?? 'GET', url);
  if (target === undefined) return undefined;
  const body = init?.body;
  const text = typeof body === 'string' ? body : undefined;
  const facts = text === undefined ? readFormBody(body) : readRequestBody(text);
  const streams = facts?.streams === true;
  const considered: InjectionRequest | undefined =
    streams && text !== undefined && target.endpoint.asksForUsage
      ? {
          url: target.url,
          endpoint: target.endpoint,
          policy: target.policy,
          body: text,
          facts,
          isSigned: isSigned(init?.headers),
        }
      : undefined;
  const call = new PreparedCall(target, input, init ?? {}, text ?? '', facts);
  call.handle = handle ?? currentTurn();
  call.signal = init?.signal ?? request?.signal;
  call.client = client;
  if (readsHints) call.hints = readRequestHints(body, init?.headers ?? request?.headers);
  if (considered !== undefined) {
    call.injection = considered;
    call.injected = injectedInto(considered, injection, onFault);
  }
  // Only a stream can be worth reading on after the host has left.
  if (streams) call.relay = relaySignal(call.signal);
  return call;
}

/** A class, for there is one of these per call; see ADR 0011. */
class PreparedCall implements Call {
  readonly target: RequestTarget;
  readonly input: Call['input'];
  readonly init: RequestInit;
  readonly url: string;
  readonly body: string;
  readonly streams: boolean;
  readonly isBackground: boolean;
  readonly model: string | undefined;
  handle: string | undefined = undefined;
  injection: InjectionRequest | undefined = undefined;
  injected: Injected | undefined = undefined;
  hints: RequestHints | undefined = undefined;
  signal: AbortSignal | null | undefined = undefined;
  relay: SignalRelay | undefined = undefined;
  client: TimedClient | undefined = undefined;

  constructor(
    target: RequestTarget,
    input: Call['input'],
    init: RequestInit,
    body: string,
    facts: RequestFacts | undefined,
  ) {
    this.target = target;
    this.input = input;
    this.init = init;
    this.url = target.url;
    this.body = body;
    this.streams = facts?.streams === true;
    this.isBackground = facts?.background === true;
    this.model = facts?.model;
  }
}

function injectedInto(
  changeable: InjectionRequest,
  injection: Injection,
  onFault: CallSurroundings['onFault'],
): Injected | undefined {
  try {
    return injection.decide(changeable);
  } catch (error) {
    onFault(error);
    return undefined;
  }
}
