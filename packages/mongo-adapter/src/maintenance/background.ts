/** Work done again and again while a store is open. */
export interface BackgroundTask {
  /** Milliseconds before the first run and between runs, or what `run` resolves with. */
  readonly everyMs: number;
  /** Does it once. May resolve with the milliseconds until the next run. */
  run(): Promise<number | void>;
}

/** Running tasks. */
export interface Background {
  /** Ends them; what is running is finished. */
  stop(): Promise<void>;
}

/**
 * Runs tasks on timers that keep no process alive. A failure is reported and the task goes on the next time.
 */
export function startBackground(tasks: readonly BackgroundTask[], onError: (error: unknown) => void): Background {
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  let isStopped = false;

  const schedule = (task: BackgroundTask, delayMs: number): void => {
    if (isStopped) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      const run = runOnce(task);
      running.add(run);
      void run.finally(() => running.delete(run));
    }, delayMs);
    timer.unref();
    timers.add(timer);
  };
  const runOnce = async (task: BackgroundTask): Promise<void> => {
    let next: number | void = undefined;
    try {
      next = await task.run();
    } catch (error) {
      if (!isStopped) onError(error);
    }
    schedule(task, typeof next === 'number' ? Math.max(next, 100) : task.everyMs);
  };

  for (const task of tasks) schedule(task, task.everyMs);
  return {
    async stop() {
      isStopped = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(running);
    },
  };
}
