import { usesCertificate } from '../capture/certificate-client.ts';
import { globalFetch } from '../capture/global-fetch.ts';
import { turnHeader } from '../capture/metered-fetch.ts';
import type { Capture } from '../capture/metered-fetch.ts';
import { addressOf, observeConnection } from '../capture/realtime/observe-connection.ts';
import { createRealtimeWatch } from '../capture/realtime/realtime.ts';
import type { RealtimeParts } from '../capture/realtime/realtime.ts';
import { isClient, wrapClient } from '../capture/wrap-client.ts';
import { MeterError } from '../errors.ts';
import type { Meter, Turn } from '../meter.ts';
import { envValue } from '../node/env-value.ts';
import type { AnswerReading } from '../normalize/answer-reader.ts';
import { invalidOption, wrongField } from '../wrong-option.ts';

/** The ways by which calls of the app come to the meter: its clients, its connections, its `fetch`. */
export type Entrances = Pick<Meter, 'wrap' | 'observe' | 'fetch'>;

/** @param watching - What it takes to follow a connection. */
export function createEntrances(
  capture: Capture,
  watching: RealtimeParts<AnswerReading>,
  currentTurn: () => { readonly handle: string } | undefined,
  onError: (error: MeterError) => void,
): Entrances {
  const observed = new WeakMap<object, unknown>();
  return {
    wrap(client) {
      if (isDisabled()) return client;
      if (!isClient(client)) {
        throw wrongField('meter.wrap', 'an OpenAI client, which has fetch and post', client);
      }
      if (!Object.isExtensible(client)) {
        throw invalidOption('meter.wrap', 'the client is frozen or sealed; wrap it before you freeze or seal it');
      }
      if (usesCertificate(client)) {
        const message = 'meter.wrap: a client with X.509 workload identity bypasses its fetch, so it is not metered';
        onError(new MeterError('unsupported', message));
        return client;
      }
      if (!wrapClient(client, capture)) {
        const message = 'meter.wrap: this client is already wrapped by another meter, which goes on metering it';
        onError(new MeterError('metering_failed', message));
      }
      return client;
    },
    observe(connection, turn) {
      if (isDisabled() || observed.has(connection)) return connection;
      const handle = handleIn(turn) ?? currentTurn()?.handle;
      const watch = createRealtimeWatch(addressOf(connection), handle, watching);
      if (!observeConnection(connection, watch)) {
        throw wrongField('meter.observe', 'a WebSocket or a realtime client, which have events', connection);
      }
      // As long as the connection lives, its turn does.
      observed.set(connection, turn ?? currentTurn());
      return connection;
    },
    fetch(base) {
      if (base !== undefined && typeof base !== 'function') {
        throw wrongField('meter.fetch', 'a function', base);
      }
      const meter = isDisabled() ? (inner: typeof fetch) => inner : capture.fetch;
      return base === undefined ? globalFetch(meter) : meter(base);
    },
  };
}

/** The handle of a turn that was passed; undefined where none was. */
function handleIn(turn: Turn | null | undefined): string | undefined {
  if (turn === undefined || turn === null) return undefined;
  const handle = (turn as Partial<Turn>).options?.headers[turnHeader];
  if (handle === undefined) throw wrongField('meter.observe: turn', 'the result of meter.track', turn);
  return handle;
}

function isDisabled(): boolean {
  const setting = envValue('KILOTOKEN_DISABLED');
  return setting === '1' || setting === 'true';
}
