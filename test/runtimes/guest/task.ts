import type { UsageRecord } from '@kilotoken/core';

/** What the test asks a runtime to do, as the JSON body of a request. */
export interface Task {
  /** Key of an entry of `scenarios`. */
  readonly scenario: string;
  /** Meter and client are made by the first task of a session and kept for the next. */
  readonly session: string;
  /** Where the model lives. */
  readonly baseURL: string;
  /** False: the same on a bare client. */
  readonly isMetered: boolean;
  /** Answers when the test wants the app to go on. */
  readonly pauseURL?: string;
  /** A folder for files. */
  readonly folder?: string;
}

/** What a session has recorded, as JSON. */
export interface SessionReport {
  readonly records: readonly UsageRecord[];
  /** Messages of the errors the meter reported. */
  readonly errors: readonly string[];
  /** Attempts that have not ended. */
  readonly pending: number;
}

/** What a scenario that failed answers with, with status 500. */
export interface GuestFailure {
  readonly failure: string;
}
