import { MeterError } from '@kilotoken/core';
import type { KilotokenModuleOptions } from './module-options.ts';

const known = ['meter', 'openai', 'closeTimeoutMs', 'onClosed'];

/**
 * The options, where they can work. `createMeter` and `meter.wrap` look at what is theirs.
 *
 * @throws MeterError `invalid_options`, naming the first option that is unknown or wrong.
 */
export function checkOptions(options: KilotokenModuleOptions | null | undefined): KilotokenModuleOptions {
  if (typeof options !== 'object' || options === null) throw invalid('expected { meter }');
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) throw invalid(`unknown option "${unknown}"; known options are ${known.join(', ')}`);
  const { meter, closeTimeoutMs = 0, onClosed } = options;
  if ((meter as unknown) === undefined) throw invalid('option "meter" is missing');
  if (!(typeof closeTimeoutMs === 'number' && closeTimeoutMs >= 0)) {
    throw invalid('option "closeTimeoutMs" has a wrong value: expected a number of milliseconds, 0 or more');
  }
  if (onClosed !== undefined && typeof onClosed !== 'function') {
    throw invalid('option "onClosed" has a wrong value: expected a function');
  }
  return options;
}

function invalid(problem: string): MeterError {
  return new MeterError('invalid_options', `KilotokenModule: ${problem}`);
}
