import { MeterError } from '@kilotoken/core';

/**
 * A place in the order of arrival. Writers insert side by side and their clocks differ, so one instant cannot tell what
 * was read: beside the place of the last row it keeps, for each writer of the last minutes, the number it was read up to.
 */
export interface ArrivalPlace {
  /** Insert time, writer and number of the last row. */
  readonly at: number;
  readonly writer: string;
  readonly n: bigint;
  /** For writers with rows younger than `at` minus {@link overlapMs}: the last number read. */
  readonly read: ReadonlyMap<string, bigint>;
}

/** How much later than its insert time a row may become visible and still be read in its turn. */
export const overlapMs = 10 * 60_000;

/** The place as text for the outside. */
export function arrivalCursor({ at, writer, n, read }: ArrivalPlace): string {
  const others = [...read].map(([id, number]) => `${id}.${number}`);
  return [at, `${writer}.${n}`, ...others].join('~');
}

/**
 * The opposite of {@link arrivalCursor}.
 *
 * @throws `MeterError` `invalid_options` when the text is no cursor of ours.
 */
export function arrivalPlace(cursor: string): ArrivalPlace {
  const parts = typeof cursor === 'string' ? /^(\d{1,15})((?:~[\w-]+\.\d{1,19})+)$/.exec(cursor) : null;
  const [last, ...others] = (parts?.[2] ?? '')
    .split('~')
    .slice(1)
    .map((part) => part.split('.'));
  if (parts === null || last === undefined) {
    throw new MeterError(
      'invalid_options',
      `after: expected the cursor of a record that was read earlier, got "${cursor}"`,
    );
  }
  const entries = others.map(([id = '', n = '0']) => [id, BigInt(n)] as const);
  return { at: Number(parts[1]), writer: last[0] ?? '', n: BigInt(last[1] ?? 0), read: new Map(entries) };
}
