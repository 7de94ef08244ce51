const events = ['focus', 'online', 'visibilitychange'] as const;

/**
 * Calls `wake` when the user comes back to the page or the network returns. Outside of browsers it does nothing.
 *
 * @returns Stops watching.
 */
export function watchPage(wake: () => void): () => void {
  if (typeof document === 'undefined') return () => undefined;
  const onEvent = (): void => {
    if (!document.hidden) wake();
  };
  for (const event of events) addEventListener(event, onEvent);
  return () => {
    for (const event of events) removeEventListener(event, onEvent);
  };
}
