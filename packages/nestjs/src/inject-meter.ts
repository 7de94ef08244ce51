import { Inject } from '@nestjs/common';
import { KILOTOKEN_METER } from './provider-tokens.ts';

/**
 * Injects the meter.
 *
 * @example
 * ```ts
 * constructor(@InjectMeter() private readonly meter: Meter) {}
 * ```
 */
export function InjectMeter(): ParameterDecorator & PropertyDecorator {
  return Inject(KILOTOKEN_METER);
}
