const events = ['focus', 'online', 'visibilitychange'];

/** Calls `wake` when the user comes back to the page or the network returns. Outside of browsers it does nothing. */
export function watchPage(wake: () => void, signal: AbortSignal): void {
  if (typeof document === 'undefined') return;
  for (const event of events) addEventListener(event, () => document.hidden || wake(), { signal });
}
