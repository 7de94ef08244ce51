import type { AppendOutcome } from './record-target.ts';
import type { UsageRecord } from '../usage-record.ts';

/**
 * What a store answered, where that tells of each record what became of it. Any other answer must not pass for one that
 * took everything: the records stay queued and are sent again, which does no harm to those it has.
 *
 * @throws Error where the answer is no {@link AppendOutcome}, counts fewer records than it was given, or names others.
 */
export function definiteOutcome(answer: unknown, batch: readonly UsageRecord[]): AppendOutcome {
  const { inserted, duplicates, rejected } = (answer ?? {}) as Partial<Record<keyof AppendOutcome, unknown>>;
  const refused: unknown = rejected ?? [];
  if (
    isCount(inserted) &&
    isCount(duplicates) &&
    Array.isArray(refused) &&
    isEnough(inserted + duplicates + refused.length, batch) &&
    (refused.length === 0 || areOf(batch, refused))
  ) {
    return { inserted, duplicates, rejected: refused as NonNullable<AppendOutcome['rejected']> };
  }
  throw new Error('its answer does not account for every record');
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** One answer is enough for a record that is in the batch twice. */
function isEnough(accounted: number, batch: readonly UsageRecord[]): boolean {
  return accounted >= batch.length || accounted >= new Set(batch.map(({ id }) => id)).size;
}

function areOf(batch: readonly UsageRecord[], refused: readonly unknown[]): boolean {
  const ids = new Set<unknown>(batch.map(({ id }) => id));
  return refused.every((one) => typeof one === 'object' && one !== null && ids.has((one as { id?: unknown }).id));
}
