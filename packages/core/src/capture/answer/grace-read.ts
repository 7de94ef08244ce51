import type { BodyReader } from '../platform/body-reader.ts';
import type { AnswerWatch } from './answer-watch.ts';

/** How long and how far reading goes on for the usage of a finished answer after the host has left. */
export interface GraceLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** A read that goes on after the host has left. */
export interface GraceRead {
  /** Settles when the attempt has ended; the caller leaves the body then. Never rejects. */
  readonly over: Promise<void>;
  /** Ends it, with what was seen. */
  giveUp(): void;
}

/**
 * Reads on for the usage of an answer that the host has left: until it was seen, the body is over, or a limit is reached.
 */
export function readForUsage(reader: Pick<BodyReader, 'read'>, watch: AnswerWatch, limits: GraceLimits): GraceRead {
  const deadline = timeout(limits.timeoutMs);
  return { over: readOn(reader, watch, limits.maxBytes, deadline), giveUp: deadline.pass };
}

async function readOn(
  reader: Pick<BodyReader, 'read'>,
  watch: AnswerWatch,
  maxBytes: number,
  deadline: Deadline,
): Promise<void> {
  let bytes = 0;
  try {
    for (;;) {
      const result = await Promise.race([reader.read(), deadline.passed]);
      if (result === undefined || result.done) break;
      bytes += result.value.length;
      watch.see(result.value);
      if (watch.hasUsage || bytes >= maxBytes) break;
    }
  } catch {
    // The source broke while nobody was waiting for it: the usage stays unknown.
  } finally {
    deadline.clear();
    watch.graceOver();
  }
}

interface Deadline {
  readonly passed: Promise<undefined>;
  /** Passes now. */
  pass(): void;
  clear(): void;
}

function timeout(ms: number): Deadline {
  let pass = ignore;
  const passed = new Promise<undefined>((resolve) => (pass = () => resolve(undefined)));
  const timer = setTimeout(pass, ms);
  (timer as { unref?: () => void }).unref?.();
  return { passed, pass, clear: () => clearTimeout(timer) };
}

const ignore = (): void => {};
