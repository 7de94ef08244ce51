/** A wait that can be cut short, and that keeps the process alive only where asked to. */
export interface Pause {
  wait(ms: number, keepsProcess: boolean): Promise<void>;
  /** Ends the wait under way, if any. */
  end(): void;
}

export function createPause(): Pause {
  let finish: (() => void) | undefined;
  return {
    wait: (ms, keepsProcess) =>
      new Promise((resolve) => {
        // Several waits may be under way: each ends by its own timer, and the latest by `end` too.
        const done = (): void => {
          clearTimeout(timer);
          if (finish === done) finish = undefined;
          resolve();
        };
        const timer = setTimeout(done, ms);
        if (!keepsProcess) letProcessEnd(timer);
        finish = done;
      }),
    end: () => finish?.(),
  };
}

/** Timers are objects in Node, Bun and Deno's Node layer, and numbers in browsers and on workers. */
export function letProcessEnd(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref();
}
