import { MeterError } from '@kilotoken/core';
import { gotText } from '@kilotoken/core/store-kit';
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
  if ((meter as unknown) === undefined) throw invalid('option "meter" is missing: expected the options of createMeter');
  if (typeof (meter as { readonly wrap?: unknown } | null)?.wrap === 'function') {
    throw invalid('option "meter": expected the options of createMeter, got a meter');
  }
  if (!(typeof closeTimeoutMs === 'number' && closeTimeoutMs >= 0)) {
    throw wrong('closeTimeoutMs', 'a number of milliseconds, 0 or more', closeTimeoutMs);
  }
  if (onClosed !== undefined && typeof onClosed !== 'function') {
    throw wrong('onClosed', 'a function', onClosed);
  }
  return options;
}

function wrong(name: string, expected: string, value: unknown): MeterError {
  return invalid(`option "${name}": expected ${expected}, got ${gotText(value)}`);
}

function invalid(problem: string): MeterError {
  return new MeterError('invalid_options', `KilotokenModule: ${problem}`);
}
