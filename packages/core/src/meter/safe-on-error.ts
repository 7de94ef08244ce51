import { callApp } from '../call-app.ts';
import type { MeterOptions } from '../options.ts';

/** An `onError` that may throw, or reject, without harm: there is nobody left to tell. */
export function safeOnError(onError: MeterOptions['onError']): NonNullable<MeterOptions['onError']> {
  return (error, record) => callApp(() => onError?.(error, record), ignore);
}

function ignore(): void {}
