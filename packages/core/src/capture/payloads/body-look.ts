/** Looks at the bytes of one body: the filter of an event stream, or the collector of a plain answer. */
export interface BodyLook {
  /** One read. Returns the bytes to hand on, the same array where nothing changed, or nothing yet. */
  push(chunk: Uint8Array): Uint8Array | undefined;
  /** The whole body at once, as text. */
  pushText(text: string): void;
  /** The same, where the host had the text parsed and gets this very value; preferred where it exists. */
  pushJson?(value: unknown): void;
  /** The body has ended; returns what was held back. */
  end(): Uint8Array | undefined;
  /** Reads what `push` let pass unparsed; true where the stream's own end mark was seen. */
  settle(): boolean;
}
