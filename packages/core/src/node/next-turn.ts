/** As it was at the import: a test that replaces the timers of the process later does not stop a store. */
const { setImmediate } = globalThis;

/** Lets the event loop go round once. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
