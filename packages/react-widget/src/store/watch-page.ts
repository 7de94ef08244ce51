/** Calls `wake` when the user comes back to the page or the network returns. Outside of browsers it does nothing. */
export function watchPage(wake: () => void, signal: AbortSignal): void {
  if (typeof document === 'undefined') return;
  // Not before the page is painted: to listen for `visibilitychange` takes Chromium longer than React the whole widget.
  setTimeout(() => {
    for (const event of ['focus', 'online', 'visibilitychange']) {
      addEventListener(event, () => document.hidden || wake(), { signal });
    }
  });
}
