/** What the store needs of a `BroadcastChannel`. */
export interface UsageChannel {
  postMessage(message: unknown): void;
  close(): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

/** Opens the channel between the tabs of one user; `undefined` where the platform has none. */
export function openChannel(name: string): UsageChannel | undefined {
  if (typeof BroadcastChannel === 'undefined') return undefined;
  const channel = new BroadcastChannel(name) as BroadcastChannel & { unref?: () => void };
  // On Node an open channel would keep the process alive.
  channel.unref?.();
  return channel;
}
