import { MeterError } from '../../errors.ts';
import type { UsageTotals } from '../../storage/usage-store.ts';
import { checkNames, wrongOption } from '../../wrong-option.ts';
import type { FrameOptions, FrameUsage } from './frame-options.ts';
import { areExposures } from '../usage-exposure.ts';

/**
 * Looks at what `usageFrame`, `usageChunk` and `usageData` were given, before anything of it is written.
 *
 * @throws {@link MeterError} `invalid_options`, naming the first option that is wrong.
 */
export function checkFrame(usage: FrameUsage, options: FrameOptions & { readonly event?: string }): void {
  checkNames('usage frame', '{ id, rev, total, … }', options, Object.keys(expected));
  const { tokens: counts } = Object(usage) as Partial<FrameUsage>;
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
    const option = name as keyof typeof expected;
    if (!isRight) throw wrongOption('usage frame', name, expected[option], options[option]);
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
