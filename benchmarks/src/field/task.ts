import type { SeenRecord } from './setup.ts';

/** What a contestant is told to do. */
export type Task =
  | {
      readonly kind: 'streams';
      readonly count: number;
      readonly events: number;
      /** Whether the app asks for usage itself. */
      readonly isAsked: boolean;
    }
  | { readonly kind: 'calls'; readonly count: number }
  | {
      readonly kind: 'crowd';
      readonly streams: number;
      /** How many each has. */
      readonly events: number;
      readonly isAsked: boolean;
      /** Of the provider the streams come from. */
      readonly baseURL: string;
    }
  | {
      readonly kind: 'hold';
      readonly streams: number;
      /** How far the streams have been read when memory is looked at, ascending. */
      readonly events: readonly number[];
      readonly isAsked: boolean;
    }
  | { readonly kind: 'leave'; readonly after: number; readonly isAsked: boolean }
  | { readonly kind: 'scenario'; readonly name: string };

/** What streams and calls one after the other cost, in microseconds. */
export interface BatchCost {
  /** Until the app had its last event. */
  readonly cpu: number;
  /** Until the records had arrived, too. */
  readonly cpuDelivered: number;
  readonly wall: number;
  /** Median time from the call to the first event. */
  readonly firstEvent: number;
  readonly records: number;
}

/** What many streams at once cost. */
export interface CrowdCost {
  readonly cpu: number;
  readonly wall: number;
  /** Bytes in use when half of all events were read, after a collection, above those before. */
  readonly heldBytes: number;
  readonly records: number;
}

/** What was in use per stream at each point, in bytes. */
export interface HeldBytes {
  readonly bytesPerStream: readonly number[];
}

/** What became of a stream that the app left. */
export interface LeftStream {
  /** Reads of the source while the app pauses. */
  readonly readsAtPause: number;
  /** Reads of the source in all, some time after the app has left. */
  readonly reads: number;
  readonly isReleased: boolean;
  readonly records: number;
}

/** How a scenario went. */
export interface ScenarioResult {
  /** What the app saw, as JSON. */
  readonly view: string;
  readonly records: readonly SeenRecord[];
  /** What the provider counted. */
  readonly truth: { readonly inputTokens: number; readonly outputTokens: number; readonly calls: number };
}

export type ResultOf<Kind extends Task['kind']> = {
  streams: BatchCost;
  calls: BatchCost;
  crowd: CrowdCost;
  hold: HeldBytes;
  leave: LeftStream;
  scenario: ScenarioResult;
}[Kind];
