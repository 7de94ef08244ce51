import type { AnswerReader } from '../../../src/capture/payloads/answer-reader.ts';

/** A reader that keeps what it was shown. */
export interface RecordingReader extends AnswerReader {
  readonly seen: unknown[];
}

export function recordingReader(): RecordingReader {
  const seen: unknown[] = [];
  return {
    seen,
    see: (payload) => void seen.push(payload),
    sample: () => undefined,
    openMembers: undefined,
    get hasUsage() {
      return seen.some((payload) => isReport((payload as { usage?: unknown }).usage));
    },
    get hasCounts() {
      return this.hasUsage;
    },
    isFinished: false,
    hasError: false,
    responseId: undefined,
  };
}

function isReport(usage: unknown): boolean {
  return typeof usage === 'object' && usage !== null;
}
