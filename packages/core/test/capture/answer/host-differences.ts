import type { HostOperation, Step } from './host-operations.ts';
import type { AnswerScript } from './scripted-answer.ts';

/** What a host with the meter and one without it saw of the same answer. */
export interface TwoHosts {
  readonly bare: readonly Step[];
  readonly metered: readonly Step[];
}

/** Takes out of what they saw what is allowed to differ; the rest must be the same. */
export function withoutDifferences(
  { bare, metered }: TwoHosts,
  script: AnswerScript,
  operations: readonly HostOperation[],
  isHidden: boolean,
): TwoHosts {
  const names: ReadonlySet<string> = new Set(operations.map(({ name }) => name));
  const isReleased = names.has('releaseLock');
  const length = Math.min(
    isHidden && isReleased ? stepsUntilReleased(metered, bare) : bare.length,
    [...madeOf].some((name) => names.has(name)) ? stepsUntilBrokenUnread(bare) : bare.length,
  );
  const readOn = withoutReadingOn(metered, bare, script, isReleased);
  return { bare: upTo(length, bare), metered: upTo(length, readOn) };
}

/**
 * Where a host leaves a stream that is generated, but has not reported its usage, the source is read on for that: what it
 * sees may differ from there, so long as it is left in the end. A report that a released read has left in the body was
 * seen by nobody.
 */
function withoutReadingOn(
  metered: readonly Step[],
  bare: readonly Step[],
  { reads }: AnswerScript,
  isReleased: boolean,
): readonly Step[] {
  const from = bare.findIndex(({ source }, at) => {
    const isLeft = source.end?.[0] === 'cancelled' || source.end?.[0] === 'aborted';
    const theirs = metered[at]?.source;
    return isLeft && (theirs?.end?.[0] !== source.end?.[0] || theirs?.taken !== source.taken);
  });
  const taken = reads.slice(0, bare[from]?.source.taken ?? 0);
  const isWorthIt = taken.some(({ finishes }) => finishes) && (isReleased || !taken.some(({ reports }) => reports));
  if (from < 0 || !isWorthIt || metered.at(-1)?.source.end === undefined) return metered;
  return metered.map((step, at) => (at < from ? step : { ...step, source: bare[at]?.source ?? step.source }));
}

/**
 * What a released read had asked for is left in the body. Where that is to be hidden, a source that has nothing to hide
 * would still be asked for the next read, and may end by that: the two cannot be compared from there.
 */
function stepsUntilReleased(metered: readonly Step[], bare: readonly Step[]): number {
  const at = bare.findIndex(({ source }, step) => {
    const { isPulled, taken } = metered[step]?.source ?? source;
    return (source.isPulled && !isPulled) || source.taken > taken;
  });
  return at < 0 ? bare.length : at;
}

/**
 * A stream that we made of a body tells by itself that the body broke before anything of it was read: a read that only it
 * sees does not make the body one that was used.
 */
function stepsUntilBrokenUnread(bare: readonly Step[]): number {
  const at = bare.findIndex(({ source }) => source.end !== undefined && source.taken === 0);
  return at < 0 ? bare.length : at + 1;
}

const madeOf: ReadonlySet<string> = new Set(['getByobReader', 'tee', 'clone', 'pipeTo', 'pipeThrough']);

/** How things stand after the last of them is no more told than what comes behind it. */
function upTo(length: number, steps: readonly Step[]): readonly Step[] {
  return steps.slice(0, length).map((step, at) => (at === length - 1 ? { ...step, standing: '' } : step));
}
