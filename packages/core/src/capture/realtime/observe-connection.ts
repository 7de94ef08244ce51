/** What a connection tells its observer. */
export interface ConnectionObserver {
  see(event: unknown): void;
  closed(): void;
}

/** A `WebSocket`, or an emitter around one: `OpenAIRealtimeWS`, `OpenAIRealtimeWebSocket`, `ResponsesWS`. */
interface Connection {
  readonly url?: unknown;
  readonly socket?: unknown;
  on?(name: 'event', listener: (event: unknown) => void): unknown;
  addEventListener?(name: string, listener: (event: { readonly data?: unknown }) => void): unknown;
}

/** Where a connection goes. */
export function addressOf(connection: object): string | undefined {
  const { url } = Object(connection) as Connection;
  if (url instanceof URL) return url.href;
  return typeof url === 'string' ? url : undefined;
}

/**
 * Adds listeners of our own to a connection, for what the server sends and for its end.
 *
 * @returns False for something that has no events.
 */
export function observeConnection(connection: object, observer: ConnectionObserver): boolean {
  const { on, socket, addEventListener } = Object(connection) as Connection;
  if (typeof on === 'function' && typeof addEventListener !== 'function') {
    on.call(connection, 'event', observer.see);
    const inner = socket as Connection | undefined;
    inner?.addEventListener?.call(inner, 'close', observer.closed);
    return true;
  }
  if (typeof addEventListener !== 'function') return false;
  addEventListener.call(connection, 'message', ({ data }) => observer.see(parsed(data)));
  addEventListener.call(connection, 'close', observer.closed);
  return true;
}

/** Only what can carry usage, names or an end is parsed: not the audio. */
function parsed(data: unknown): unknown {
  if (typeof data !== 'string' || /^\{"type":\s*"response\.(?:output_)?audio/.test(data)) return undefined;
  try {
    return JSON.parse(data) as unknown;
  } catch {
    return undefined;
  }
}
