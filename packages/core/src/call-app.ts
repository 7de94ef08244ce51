/**
 * Calls a function of the app, which may throw, or be async whatever its type says: nobody else would hear of its
 * rejection but the process, which would end. `onFault` hears of both.
 */
export function callApp(call: () => unknown, onFault: (cause: unknown) => void): void {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(onFault);
  } catch (cause) {
    onFault(cause);
  }
}
