/** A body that is made while it is read, and counts how. */
export interface CountedSource {
  /** Answers every request with a new body of this source. */
  readonly fetch: typeof fetch;
  /** Reads asked for so far, over all bodies. */
  readonly pulls: number;
  /** Reasons of the cancels so far, in order. */
  readonly cancels: readonly unknown[];
  /** The newest response. */
  readonly response: Response | undefined;
}

/** @param partAt - The bytes of one read, from 0; `undefined` ends the body. */
export function countedSource(
  partAt: (index: number) => Uint8Array | undefined,
  contentType = 'text/event-stream',
): CountedSource {
  let pulls = 0;
  const cancels: unknown[] = [];
  let response: Response | undefined;
  return {
    fetch: () => {
      let index = 0;
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
        {
          pull(controller) {
            pulls += 1;
            const part = partAt(index);
            index += 1;
            if (part === undefined) controller.close();
            else controller.enqueue(new Uint8Array(part));
          },
          cancel: (reason) => void cancels.push(reason),
        },
        { highWaterMark: 0 },
      );
      response = new Response(body, { headers: { 'content-type': contentType } });
      return Promise.resolve(response);
    },
    get pulls() {
      return pulls;
    },
    cancels,
    get response() {
      return response;
    },
  };
}

/** The bytes of one chat event with this text. */
export function chatEvent(text: string, usage: object | null = null): Uint8Array {
  const choices = [{ index: 0, delta: { content: text }, finish_reason: null }];
  const data = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices, usage };
  return new TextEncoder().encode(`data: ${JSON.stringify(data)}\n\n`);
}
