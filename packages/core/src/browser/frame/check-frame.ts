import { MeterError } from '../../errors.ts';
import type { FrameOptions } from './frame-options.ts';
import { areExposures } from '../usage-exposure.ts';
import type { UsageTotals } from '../../storage/usage-store.ts';

/**
 * Looks at what `usageFrame`, `usageChunk` and `usageData` were given, before anything of it is written.
 *
 * @throws {@link MeterError} `invalid_options`, naming the first option that is wrong.
 */
export function checkFrame(usage: unknown, options: FrameOptions & { readonly event?: string }): void {
  const { tokens: counts } = Object(usage) as { readonly tokens?: unknown };
  if (typeof counts !== 'object' || counts === null) {
    throw new MeterError(
      'invalid_options',
      'usage frame: the usage has no tokens; pass the result of `await turn.usage()`',
    );
  }
  const { event, id = '', rev = 0, total = 0, expose = [], quota = { unit: 'tokens', used: 0, limit: 0 } } = options;
  const tokens: unknown = (total as Partial<UsageTotals> | null)?.tokens?.totalTokens ?? total;
  const checks = {
    event: event === undefined || (typeof event === 'string' && /^[^\r\n\0]+$/.test(event)),
    id: typeof id === 'string',
    rev: Number.isFinite(rev),
    total: Number.isFinite(tokens),
    quota: ['tokens', 'cost'].includes(quota?.unit) && Number.isFinite(quota.used) && Number.isFinite(quota.limit),
    expose: areExposures(expose),
  };
  for (const [name, isRight] of Object.entries(checks)) {
    if (!isRight) throw wrong(name, expected[name as keyof typeof expected]);
  }
}

const expected = {
  event: 'one line of text',
  id: 'a string',
  rev: 'a number',
  total: 'a number, or the totals of a store',
  quota: '{ unit, used, limit }',
  expose: 'a list of "cost" and "models"',
};

function wrong(option: string, value: string): MeterError {
  return new MeterError('invalid_options', `usage frame: option "${option}" has a wrong value: expected ${value}`);
}
