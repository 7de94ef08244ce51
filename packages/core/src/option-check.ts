import { isObject, memberOf, unknownName, wrongValue } from './wrong-option.ts';

/** Says what is wrong with the value of an option, whose path is `at`; undefined if nothing is. */
export type OptionCheck = (value: unknown, at: string) => string | undefined;

/** A check of one value, with the words for what it has to be. */
export function is(expected: string, isRight: (value: unknown) => boolean): OptionCheck {
  return (value, at) => (isRight(value) ? undefined : wrongValue(at, expected, value));
}

/** One of some texts. */
export function oneOf(...texts: readonly string[]): OptionCheck {
  const expected = `one of ${texts.map((text) => `"${text}"`).join(', ')}`;
  return is(expected, (value) => texts.some((text) => text === value));
}

/** A whole number that is exact. */
export function wholeNumber(unit: string, least: number, most = Infinity): OptionCheck {
  const range = most === Infinity ? `${least} or more` : `from ${least} to ${most}`;
  return is(
    `a whole number of ${unit}, ${range}`,
    (value) => Number.isSafeInteger(value) && least <= (value as number) && (value as number) <= most,
  );
}

/** A list of values that are all alike. */
export function listOf(what: string, each: OptionCheck): OptionCheck {
  return (value, at) => {
    if (!Array.isArray(value)) return wrongValue(at, `a list of ${what}`, value);
    return firstProblem([...value.keys()], (index) => each(value[index], memberOf(at, index)));
  };
}

/** An object whose members have any names and are all alike, or undefined. */
export function mapOf(what: string, each: OptionCheck): OptionCheck {
  return (value, at) => {
    if (!isObject(value)) return wrongValue(at, `an object of ${what}`, value);
    return firstProblem(Object.entries(value), ([name, member]) =>
      member === undefined ? undefined : each(member, memberOf(at, name)),
    );
  };
}

/** An object of these members and no others. All of them may be missing or undefined, except the required one. */
export function members(known: Readonly<Record<string, OptionCheck>>, required?: string): OptionCheck {
  const names = Object.keys(known);
  const form = `{ ${required ?? names.join(', ')} }`;
  return (value, at) => {
    if (!isObject(value)) return wrongValue(at, form, value);
    // A misspelt name often leaves another one missing: the misspelling is the news.
    const unknown = unknownName(at, value, names);
    if (unknown !== undefined) return unknown;
    return firstProblem(Object.entries(known), ([name, check]) =>
      value[name] === undefined && name !== required ? undefined : check(value[name], memberOf(at, name)),
    );
  };
}

function firstProblem<Member>(
  all: readonly Member[],
  problemOf: (member: Member) => string | undefined,
): string | undefined {
  for (const one of all) {
    const problem = problemOf(one);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
