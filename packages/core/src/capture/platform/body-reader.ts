/** What a stream's reader gives for one read. */
export type ReadResult =
  | { readonly done: false; readonly value: Uint8Array }
  | { readonly done: true; readonly value?: Uint8Array | undefined };

/** The part of a stream's reader that is used. */
export interface BodyReader {
  read(): Promise<ReadResult>;
  cancel(reason?: unknown): Promise<void>;
  /** Refuses the read under way, at once; what it would have given is the next reader's. */
  releaseLock(): void;
  /** Does that in its place, where it cannot: the next reader is this one. */
  refuse?(): void;
  readonly closed: Promise<unknown>;
}
