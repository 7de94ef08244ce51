import type { AnswerSource } from './answer-source.ts';

/** A byte stream that reads the source only when it is read itself. */
export function createPullStream(source: () => AnswerSource): ReadableStream<Uint8Array<ArrayBuffer>> {
  const pull = async (
    controller: ReadableByteStreamController | ReadableStreamDefaultController<Uint8Array>,
  ): Promise<void> => {
    const result = await source().read();
    if (!result.done) {
      // A byte stream takes the buffer away from whoever holds it: give it one of its own. Not `slice`: that of a Node
      // Buffer, which a fetch of the host's may supply, is a view.
      controller.enqueue(new Uint8Array(result.value));
      return;
    }
    controller.close();
    if ('byobRequest' in controller) controller.byobRequest?.respond(0);
  };
  const cancel = (reason: unknown): Promise<void> => source().cancel(reason);
  return new ReadableStream({ type: 'bytes', pull, cancel }, { highWaterMark: 0 }) as ReadableStream<
    Uint8Array<ArrayBuffer>
  >;
}
