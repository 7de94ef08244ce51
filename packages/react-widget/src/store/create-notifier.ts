/** Tells listeners about changes, at most once per frame of the screen. */
export interface Notifier {
  readonly listeners: Set<() => void>;
  /** Something changed. Listeners hear of it at once, or at the end of the current frame. */
  notify(): void;
}

const frameMs = 16;

/** Timers instead of animation frames: those stand still in tabs that are not seen, and do not exist outside browsers. */
export function createNotifier(): Notifier {
  const listeners = new Set<() => void>();
  let isDirty = false;
  let isWaiting = false;
  const tell = (): void => {
    isWaiting = isDirty;
    if (!isDirty) return;
    isDirty = false;
    setTimeout(tell, frameMs);
    listeners.forEach((listener) => listener());
  };
  return {
    listeners,
    notify() {
      isDirty = listeners.size > 0;
      if (!isWaiting) tell();
    },
  };
}
