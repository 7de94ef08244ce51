import type OpenAI from 'openai';
import type { ClientOptions } from 'openai';

/** What one contestant recorded of one call, in our words. Absent where the record has no such count. */
export interface SeenRecord {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** Whether the record says that its counts are an estimate. */
  readonly isEstimate?: boolean;
}

/** A contestant that is ready: it makes clients, and hands over what was recorded since the last time. */
export interface Setup {
  /** A client that is recorded, or the bare one. */
  client(options: ClientOptions): OpenAI;
  /** Sends everything recorded so far on its way, and waits until it has arrived. */
  flush(): Promise<void>;
  /** What has arrived since this was asked last. */
  taken(): Promise<readonly SeenRecord[]>;
}

/** What a contestant is set up with. */
export interface SetupParts {
  /** Loads a CommonJS module as the contestant's own app would. */
  load(module: string): unknown;
  /** Base of the addresses the contestant may post to. */
  readonly sinkUrl: string;
}

/** Prepares a contestant in its own process. */
export type SetUp = (parts: SetupParts) => Setup | Promise<Setup>;

/** The SDK's client class, out of what `load('openai')` gave. */
export function clientClass(module: unknown): new (options: ClientOptions) => OpenAI {
  return (module as { OpenAI: new (options: ClientOptions) => OpenAI }).OpenAI;
}

/** Puts a number into a record where it is one. */
export function seenRecord(inputTokens: unknown, outputTokens: unknown, isEstimate?: boolean): SeenRecord {
  return {
    ...(typeof inputTokens === 'number' ? { inputTokens } : {}),
    ...(typeof outputTokens === 'number' ? { outputTokens } : {}),
    ...(isEstimate === undefined ? {} : { isEstimate }),
  };
}
