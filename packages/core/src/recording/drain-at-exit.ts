/** Something with records that are not stored yet. */
export interface Drainable {
  /** Writes what is queued, and keeps the process alive meanwhile. Never rejects. */
  drainAtExit(): Promise<void>;
}

const waiting = new Set<Drainable>();
let isListening = false;

/**
 * Has `drainable` drained when the process has nothing left to do. One listener serves all meters of the process, so
 * that many meters print no warning of too many listeners.
 */
export function drainBeforeExit(drainable: Drainable): void {
  waiting.add(drainable);
  if (isListening) return;
  isListening = true;
  globalThis.process?.on?.('beforeExit', () => {
    for (const each of waiting) void each.drainAtExit();
  });
}

/** Undoes {@link drainBeforeExit}. */
export function leaveBeforeExit(drainable: Drainable): void {
  waiting.delete(drainable);
}

/**
 * Drains on signals, then lets them do what they would have done: the listener goes, and where it was the only one the
 * signal is raised again.
 *
 * @returns Removes the listeners.
 */
export function drainOnSignals(signals: readonly NodeJS.Signals[], drain: () => Promise<unknown>): () => void {
  const listeners = signals.map((signal) => {
    const listener = (): void => {
      void drain().finally(() => {
        process.off(signal, listener);
        if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
      });
    };
    process.on(signal, listener);
    return () => void process.off(signal, listener);
  });
  return () => {
    for (const remove of listeners) remove();
  };
}
