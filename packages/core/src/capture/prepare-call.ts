import type { Injected, Injection, InjectionRequest } from './injection.ts';
import { readFormBody, readRequestBody } from './request-body.ts';
import { isSigned } from './is-signed.ts';
import { readRequestHints } from './request-hints.ts';
import type { RequestHints } from './request-hints.ts';
import { requestTarget } from './request-target.ts';
import type { RequestTarget } from './request-target.ts';
import type { RetryKey } from './retry-chain.ts';
import { relaySignal } from './signal-relay.ts';
import type { SignalRelay } from './signal-relay.ts';
import type { BareRequest } from './without-turn.ts';

/** One request on its way: everything that sending it needs. */
export interface Call extends RetryKey {
  readonly target: RequestTarget;
  readonly input: Parameters<typeof fetch>[0];
  readonly init: RequestInit;
  readonly injection: InjectionRequest | undefined;
  readonly injected: Injected | undefined;
  readonly streams: boolean;
  readonly isBackground: boolean;
  readonly model: string | undefined;
  readonly hints: RequestHints | undefined;
  /** The host's own. */
  readonly signal: AbortSignal | null | undefined;
  readonly relay: SignalRelay | undefined;
}

/** What deciding on a request needs of its surroundings. */
export interface CallSurroundings {
  readonly injection: Injection;
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
  const turn = handle ?? currentTurn();
  const signal = init?.signal ?? request?.signal;
  return {
    target,
    input,
    init: init ?? {},
    handle: turn,
    injection: considered,
    injected: considered === undefined ? undefined : injectedInto(considered, injection, onFault),
    streams,
    isBackground: facts?.background === true,
    model: facts?.model,
    hints: readsHints ? readRequestHints(body, init?.headers ?? request?.headers) : undefined,
    url: target.url,
    body: text ?? '',
    signal,
    // Only a stream can be worth reading on after the host has left.
    relay: streams ? relaySignal(signal) : undefined,
  };
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
