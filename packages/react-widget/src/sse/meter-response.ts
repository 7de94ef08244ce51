import type { UsageStore } from '../store/create-usage-store.ts';
import { createEventReader } from './event-reader.ts';
import { onUsageFrame } from './on-usage-frame.ts';

/**
 * Reads usage frames while the app reads a response. Returns a response with the same bytes, status, headers and URL.
 *
 * @param response - A response of `fetch`, usually `text/event-stream`. Returned as it is if it has no body.
 * @param store - Receives each frame when its event is complete.
 *
 * @example
 * ```ts
 * const response = meterResponse(await fetch('/api/chat', { method: 'POST', body }), store);
 * ```
 */
export function meterResponse(response: Response, store: Pick<UsageStore, 'apply'>): Response {
  if (response.body === null) return response;
  const decoder = new TextDecoder();
  const read = createEventReader((data) => {
    try {
      onUsageFrame(data, store);
    } catch (error) {
      // A store of the app's own threw: told as an event's listener would be, and the stream goes on.
      setTimeout(() => {
        throw error;
      });
    }
  });
  const { status, statusText, headers } = response;
  const body = response.body.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(bytes, controller) {
        controller.enqueue(bytes);
        read(decoder.decode(bytes, { stream: true }));
      },
    }),
  );
  return keepOrigin(new Response(body, { status, statusText, headers }), response);
}

/** Says where the answer is from, which a constructor cannot; so do its clones. */
function keepOrigin(copy: Response, { url, redirected, type }: Response): Response {
  const clone = (): Response => keepOrigin(Response.prototype.clone.call(copy), copy);
  for (const [name, value] of Object.entries({ url, redirected, type, clone })) {
    Object.defineProperty(copy, name, { value, configurable: true });
  }
  return copy;
}
