/**
 * Tells listeners about changes: at once, then at most once per frame of the screen. Timers instead of animation frames:
 * those stand still in tabs that are not seen, and do not exist outside browsers.
 *
 * @returns To be called when something changed.
 */
export function createNotifier(listeners: ReadonlySet<() => unknown>): () => void {
  const frameMs = 16;
  let isDirty = false;
  let isWaiting = false;
  const tell = (): void => {
    isWaiting = isDirty;
    if (!isDirty) return;
    isDirty = false;
    setTimeout(tell, frameMs);
    listeners.forEach((listener) => listener());
  };
  return () => {
    isDirty = listeners.size > 0;
    if (!isWaiting) tell();
  };
}
