import type { AnswerReader } from './answer-reader.ts';
import type { Grace } from './grace-reads.ts';
import type { CallSurroundings } from './prepare-call.ts';
import type { AttemptSurroundings } from './sent-attempts.ts';
import type { EndOfProcess } from './unread-answers.ts';

/** What capture needs of the meter. */
export interface CaptureOptions<Reader extends AnswerReader> extends CallSurroundings, AttemptSurroundings<Reader> {
  readonly grace: Grace;
  readonly endOfProcess: EndOfProcess;
  /** Whether a stream that is left early is read on within the grace limits, however far it has got. */
  readonly drains: boolean;
}
