import { apiError } from './api-error.ts';

/**
 * Yields the data of server-sent events, as they arrive.
 *
 * @throws ApiError `no_answer` where the connection breaks.
 */
export async function* readEvents(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw apiError('no_answer', error);
      });
      if (done) return;
      const events = (rest + value).split(/\r?\n\r?\n/);
      rest = events.pop() ?? '';
      for (const event of events) if (event.startsWith('data:')) yield event.slice('data:'.length).trim();
    }
  } finally {
    // Whoever stops reading wants no more of it.
    void reader.cancel().catch(() => undefined);
  }
}
