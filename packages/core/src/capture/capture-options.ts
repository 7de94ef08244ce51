import type { Grace } from './answer/grace-reads.ts';
import type { EndOfProcess } from './answer/unread-answers.ts';
import type { AttemptSurroundings } from './attempt/sent-attempts.ts';
import type { AnswerReader } from './payloads/answer-reader.ts';
import type { CallSurroundings } from './request/prepare-call.ts';

/** What capture needs of the meter. */
export interface CaptureOptions<Reader extends AnswerReader> extends CallSurroundings, AttemptSurroundings<Reader> {
  readonly grace: Grace;
  readonly endOfProcess: EndOfProcess;
  /** Whether a stream that is left early is read on within the grace limits, however far it has got. */
  readonly drains: boolean;
}
