import type { AnswerSource } from './answer-source.ts';

/** A byte stream that reads the source only when it is read itself. */
export interface PullStream {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** From now on it breaks when the source does, also while nobody reads. */
  follow(): void;
  readonly isFollowing: boolean;
  /** The source is over, and it is told so where it was not read itself, for those who ask no more than that. */
  settle(broken: { readonly error: unknown } | undefined): void;
}

export function createPullStream(answer: AnswerToPull): PullStream {
  return new PulledBytes(answer);
}

/** Whose source is made at its first read. */
interface AnswerToPull {
  sourceOf(): AnswerSource;
}

const nothingAhead = { highWaterMark: 0 };

/** A class, for there is one of these per stream of which usage is hidden; see ADR 0011. */
class PulledBytes implements PullStream {
  readonly type = 'bytes';
  readonly stream: PullStream['stream'];
  private readonly answer: AnswerToPull;
  private controller: ReadableByteStreamController | undefined = undefined;
  isFollowing = false;
  private isOver = false;
  private underway: Promise<void> | undefined = undefined;

  constructor(answer: AnswerToPull) {
    this.answer = answer;
    this.stream = new ReadableStream(this, nothingAhead) as PullStream['stream'];
  }

  start(controller: ReadableByteStreamController): void {
    this.controller = controller;
  }

  follow(): void {
    if (this.isFollowing) return;
    this.isFollowing = true;
    void this.end();
  }

  settle(broken: { readonly error: unknown } | undefined): void {
    if (this.isFollowing || this.isOver) return;
    if (broken === undefined) this.close();
    else {
      this.isOver = true;
      this.controller?.error(broken.error);
    }
  }

  pull(): Promise<void> {
    // A runtime that reads natively comes here at once.
    this.follow();
    return (this.underway = this.give());
  }

  cancel(reason?: unknown): Promise<void> {
    this.isOver = true;
    return this.answer.sourceOf().cancel(reason);
  }

  /** Nothing is read ahead once the body has ended: at most there is what was held back. */
  private async end(): Promise<void> {
    const source = this.answer.sourceOf();
    try {
      await source.closed;
      await this.underway;
      while (!this.isOver && !source.isOver) await this.give();
      this.close();
    } catch (error) {
      this.controller?.error(error);
    }
  }

  private async give(): Promise<void> {
    const source = this.answer.sourceOf();
    let result = await source.read();
    // Other makes of streams have reads of nothing; one of bytes must not.
    while (result.value?.length === 0) result = await source.read();
    if (result.done) this.close();
    // A byte stream takes the buffer away from whoever holds it: give it one of its own. Not `slice`: that of a Node
    // Buffer, which a fetch of the host's may supply, is a view.
    else if (!this.isOver) this.controller?.enqueue(new Uint8Array(result.value));
  }

  private close(): void {
    const { controller } = this;
    if (this.isOver || controller === undefined) return;
    this.isOver = true;
    controller.close();
    // Not every runtime has it.
    if ('byobRequest' in controller) controller.byobRequest?.respond(0);
  }
}
