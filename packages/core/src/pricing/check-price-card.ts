import { MeterError } from '../errors.ts';
import { gotText, isInstant } from '../wrong-option.ts';
import type { PricePeriod } from './price-card.ts';
import { rateNames } from './price-rates.ts';

/** Beyond this a factor is a mistake, and a product of several could not be exact. */
const maxFactor = 1_000_000;

type Members = Readonly<Record<string, unknown>>;

const periodKeys = new Set<string>([...rateNames, 'from', 'to', 'longContext', 'windows', 'serviceTiers', 'factor']);
const longContextKeys = new Set<string>([...rateNames, 'aboveInputTokens']);
const windowKeys = new Set<string>([...rateNames, 'fromMinute', 'toMinute', 'weekdays']);
const rateKeys = new Set<string>(rateNames);

/** Checks a card of `priceUsage`. */
export function checkPriceCard(value: unknown): void {
  const where = 'priceUsage: card';
  const { id, version, periods, ...own } = membersOf(where, value);
  if (typeof id !== 'string' || id === '') fail(`${where}.id`, 'must be a non-empty string');
  if (version !== undefined && typeof version !== 'string') fail(`${where}.version`, 'must be a string');
  if (periods === undefined) {
    checkPeriod(where, own);
    return;
  }
  const [more] = Object.keys(own);
  if (more !== undefined) fail(`${where}.${more}`, 'must be set in each of the periods');
  if (!Array.isArray(periods) || periods.length === 0) fail(`${where}.periods`, 'must be a non-empty array of periods');
  periods.forEach((period: unknown, index) => checkPeriod(`${where}.periods[${index}]`, membersOf(where, period)));
  checkSequence(
    (periods as readonly PricePeriod[]).map((period, index) => ({ period, where: `${where}.periods[${index}]` })),
  );
}

/** Checks the price of one stretch of time; `known` are members that were checked by the caller. */
export function checkPeriod(where: string, value: Members, known: readonly string[] = []): void {
  checkKeys(where, value, periodKeys, known);
  checkRates(where, value);
  checkSpan(where, value);
  if (value['factor'] !== undefined) checkFactor(`${where}.factor`, value['factor']);
  checkLongContext(`${where}.longContext`, value);
  checkWindows(`${where}.windows`, value);
  if (value['serviceTiers'] === undefined) return;
  for (const [name, tier] of Object.entries(membersOf(`${where}.serviceTiers`, value['serviceTiers']))) {
    const path = `${where}.serviceTiers.${name}`;
    if (Array.isArray(tier)) checkFactor(path, tier);
    else checkSheet(path, membersOf(path, tier), rateKeys, value);
  }
}

/** Neighbours must touch: between two prices there is neither none nor two. */
export function checkSequence(periods: readonly { readonly period: PricePeriod; readonly where: string }[]): void {
  for (const [index, { period, where }] of periods.entries()) {
    const before = periods[index - 1]?.period;
    if (before === undefined) continue;
    const end = before.to?.getTime() ?? Number.POSITIVE_INFINITY;
    const start = period.from?.getTime() ?? Number.NEGATIVE_INFINITY;
    if (start > end)
      fail(`${where}.from`, `leaves a gap after the period before it, which ends at ${before.to?.toISOString()}`);
    if (start < end) fail(`${where}.from`, 'overlaps with the period before it');
  }
}

export function checkSpan(where: string, { from, to }: Members): void {
  for (const [name, at] of Object.entries({ from, to })) {
    if (at !== undefined && !isInstant(at)) fail(`${where}.${name}`, `must be a valid Date, got ${gotText(at)}`);
  }
  if (from instanceof Date && to instanceof Date && from >= to) fail(`${where}.to`, 'must be later than from');
}

export function checkFactor(where: string, value: unknown): void {
  const [numerator, denominator, ...more] = Array.isArray(value) ? (value as readonly unknown[]) : [];
  const isFine = isInteger(numerator, 0, maxFactor) && isInteger(denominator, 1, maxFactor) && more.length === 0;
  if (!isFine)
    fail(where, `must be a pair of integers up to ${maxFactor}, for example [11, 10], got ${gotText(value)}`);
}

export function checkKeys(
  where: string,
  value: Members,
  keys: ReadonlySet<string>,
  known: readonly string[] = [],
): void {
  const unknown = Object.keys(value).find((key) => !keys.has(key) && !known.includes(key));
  if (unknown !== undefined) fail(`${where}.${unknown}`, 'is unknown');
}

export function membersOf(where: string, value: unknown): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    fail(where, `must be an object, got ${gotText(value)}`);
  return value as Members;
}

export function fail(where: string, problem: string): never {
  throw new MeterError('invalid_options', `${where} ${problem}`);
}

function checkRates(where: string, value: Members): void {
  for (const name of rateNames) {
    const rate = value[name];
    if (rate !== undefined && !isInteger(rate, 0, Number.MAX_SAFE_INTEGER)) {
      fail(`${where}.${name}`, `must be an integer from 0 to 2^53 - 1, got ${gotText(rate)}`);
    }
  }
  if (rateNames.every((name) => value[name] === undefined))
    fail(where, `has no rate; expected at least one of ${rateNames.join(', ')}`);
  if (value['audioSecondPicoUsd'] !== undefined && value['audioHourPicoUsd'] !== undefined) {
    fail(`${where}.audioHourPicoUsd`, 'cannot be combined with audioSecondPicoUsd');
  }
}

/** Rates that replace others must not leave out what those charge for: such calls would have no price. */
function checkSheet(where: string, value: Members, keys: ReadonlySet<string>, base: Members): void {
  checkKeys(where, value, keys);
  checkRates(where, value);
  for (const name of ['inputPicoUsdPerToken', 'outputPicoUsdPerToken']) {
    if (base[name] !== undefined && value[name] === undefined)
      fail(`${where}.${name}`, 'is missing, but the rates these replace have it');
  }
}

function checkLongContext(where: string, base: Members): void {
  let below = -1;
  for (const [index, value] of listOf(where, base['longContext']).entries()) {
    const path = `${where}[${index}]`;
    checkSheet(path, value, longContextKeys, base);
    const above = value['aboveInputTokens'];
    if (!isInteger(above, 0, Number.MAX_SAFE_INTEGER))
      fail(`${path}.aboveInputTokens`, 'must be an integer, 0 or more');
    if (Number(above) <= below) fail(`${path}.aboveInputTokens`, 'must be above the one before it');
    below = Number(above);
  }
}

function checkWindows(where: string, base: Members): void {
  const windows = listOf(where, base['windows']);
  if (windows.length > 0 && base['longContext'] !== undefined) fail(where, 'cannot be combined with longContext');
  const taken = new Set<number>();
  for (const [index, value] of windows.entries()) {
    const path = `${where}[${index}]`;
    checkSheet(path, value, windowKeys, base);
    const { fromMinute, toMinute, weekdays = [0, 1, 2, 3, 4, 5, 6] } = value;
    if (!isInteger(fromMinute, 0, 1439)) fail(`${path}.fromMinute`, 'must be an integer from 0 to 1439');
    if (!isInteger(toMinute, Number(fromMinute) + 1, 1440))
      fail(`${path}.toMinute`, 'must be an integer above fromMinute, up to 1440');
    if (!Array.isArray(weekdays) || !weekdays.every((day) => isInteger(day, 0, 6)))
      fail(`${path}.weekdays`, 'must be an array of integers from 0 to 6');
    for (const day of new Set(weekdays as readonly number[])) {
      for (let minute = Number(fromMinute); minute < Number(toMinute); minute += 1) {
        if (taken.has(day * 1440 + minute)) fail(path, 'overlaps with a window before it');
        taken.add(day * 1440 + minute);
      }
    }
  }
}

function listOf(where: string, value: unknown): readonly Members[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) fail(where, 'must be an array');
  return value.map((one: unknown, index) => membersOf(`${where}[${index}]`, one));
}

function isInteger(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most;
}
