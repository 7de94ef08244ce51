import type { AnswerSource } from './answer-source.ts';

/** A byte stream that reads the source only when it is read itself. */
export function createPullStream(answer: AnswerToPull): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(new PulledBytes(answer), nothingAhead) as ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Whose source is made at its first read. */
interface AnswerToPull {
  sourceOf(): AnswerSource;
}

const nothingAhead = { highWaterMark: 0 };

/** A class, for there is one of these per stream of which usage is hidden; see ADR 0011. */
class PulledBytes {
  readonly type = 'bytes';
  private readonly answer: AnswerToPull;

  constructor(answer: AnswerToPull) {
    this.answer = answer;
  }

  async pull(controller: ReadableByteStreamController): Promise<void> {
    const result = await this.answer.sourceOf().read();
    if (!result.done) {
      // A byte stream takes the buffer away from whoever holds it: give it one of its own. Not `slice`: that of a Node
      // Buffer, which a fetch of the host's may supply, is a view.
      controller.enqueue(new Uint8Array(result.value));
      return;
    }
    controller.close();
    // Not every runtime has it.
    if ('byobRequest' in controller) controller.byobRequest?.respond(0);
  }

  cancel(reason?: unknown): Promise<void> {
    return this.answer.sourceOf().cancel(reason);
  }
}
