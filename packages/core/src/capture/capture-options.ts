import type { Grace } from './grace-reads.ts';
import type { AnswerReader, AttemptListener } from './attempt.ts';
import type { GenerationLookup } from './generation-lookup.ts';
import type { Injection } from './injection.ts';
import type { EndOfProcess } from './unread-answers.ts';

/** What capture needs of the meter. */
export interface CaptureOptions<Reader extends AnswerReader> {
  readonly clock: () => Date;
  /** Makes a time-ordered id for an attempt that starts now. */
  readonly newId: (startedAt: Date) => string;
  readonly createReader: () => Reader;
  /** Prepares a guess at the input tokens of a request, for a stream that may be cut; called once per stream. */
  readonly estimateRequest: (body: string) => (() => number) | undefined;
  readonly listener: AttemptListener<Reader>;
  readonly injection: Injection;
  readonly grace: Grace;
  readonly endOfProcess: EndOfProcess;
  /** Whether a stream that is left early is read on within the grace limits, however far it has got. */
  readonly drains: boolean;
  /** Asks the provider for a usage that an answer did not carry. */
  readonly lookup: GenerationLookup | undefined;
  /** The turn the running code belongs to, where no header names one. */
  readonly currentTurn: () => string | undefined;
  /** Whether to read what a request says of whose it is. */
  readonly readsHints: boolean;
  /** Told of an error in the metering itself; the call goes on unseen. */
  readonly onFault: (error: unknown) => void;
}
