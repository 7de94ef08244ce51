import type { IncomingMessage } from 'node:http';
import { parseObject } from './parse-object.ts';
import type { DeliveryProgress } from './delivery/deliver-answer.ts';
import type { ProviderRequest } from './provider-request.ts';

/** What becomes of one request; its public face is a {@link ProviderRequest}. */
export interface Exchange extends DeliveryProgress {
  readonly request: ProviderRequest;
  generatedUsage: string | undefined;
  aborted: boolean;
  /** Resolves `request.finished`. */
  finish(): void;
}

/** Makes the log entry of a request whose body has arrived. */
export function openExchange(
  incoming: IncomingMessage,
  bodyBytes: Uint8Array,
  sequence: number,
  receivedAt: Date,
): Exchange {
  const url = new URL(incoming.url ?? '/', 'http://fake.invalid');
  const bodyText = Buffer.from(bodyBytes).toString('utf8');
  let finish: (() => void) | undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const request: ProviderRequest = {
    sequence,
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
    bodyBytes,
    bodyText,
    body: parseObject(bodyText),
    receivedAt,
    finished,
    get status() {
      return exchange.status;
    },
    get eventsSent() {
      return exchange.eventsSent;
    },
    get bytesSent() {
      return exchange.bytesSent;
    },
    get aborted() {
      return exchange.aborted;
    },
    get generatedUsage() {
      return parseObject(exchange.generatedUsage);
    },
    get reportedUsage() {
      return parseObject(exchange.reportedUsage);
    },
  };
  const exchange: Exchange = {
    request,
    status: undefined,
    eventsSent: 0,
    bytesSent: 0,
    generatedUsage: undefined,
    reportedUsage: undefined,
    aborted: false,
    finish: () => finish?.(),
  };
  return exchange;
}
