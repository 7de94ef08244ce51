/** A wait that can be cut short, and that does not keep the process alive. */
export interface Pause {
  wait(ms: number): Promise<void>;
  /** Ends the wait under way, if any. */
  end(): void;
}

export function createPause(): Pause {
  let finish: (() => void) | undefined;
  return {
    wait: (ms) =>
      new Promise((resolve) => {
        // Several waits may be under way: each ends by its own timer, and the latest by `end` too.
        const done = (): void => {
          clearTimeout(timer);
          if (finish === done) finish = undefined;
          resolve();
        };
        const timer = setTimeout(done, ms);
        letProcessEnd(timer);
        finish = done;
      }),
    end: () => finish?.(),
  };
}

/** Timers are objects in Node, Bun and Deno's Node layer, and numbers in browsers and on workers. */
export function letProcessEnd(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref();
}
