import type { PricePeriod } from '../price-card.ts';
import type { CardPlan, TierPlan } from '../arithmetic/card-plan.ts';
import { planCard } from '../arithmetic/card-plan.ts';
import type { PriceRates } from '../price-rates.ts';

/** Rates are USD per million tokens, but for `q` (USD per million requests) and `s` (USD per hour of audio). */
const rateLetters = {
  i: 'inputPicoUsdPerToken',
  o: 'outputPicoUsdPerToken',
  r: 'cacheReadPicoUsdPerToken',
  w: 'cacheWritePicoUsdPerToken',
  h: 'cacheWriteHourPicoUsdPerToken',
  t: 'reasoningPicoUsdPerToken',
  a: 'audioInputPicoUsdPerToken',
  b: 'cacheReadAudioPicoUsdPerToken',
  d: 'audioOutputPicoUsdPerToken',
  g: 'imageInputPicoUsdPerToken',
  j: 'cacheReadImagePicoUsdPerToken',
  k: 'imageOutputPicoUsdPerToken',
  q: 'requestPicoUsd',
  s: 'audioHourPicoUsd',
} as const satisfies Readonly<Record<string, keyof PriceRates>>;

/**
 * Reads the price of one model from its compact text, which keeps all shipped cards in a few kilobytes:
 *
 * `i2.5r.25o15;>271999i5r.5o22.5;2026-07-30i2r.2o12;>271999i4r.4o18*flex:1/2,batch:1/2!`
 *
 * Segments are separated by `;`. One without condition opens the first period; a date opens the next one; `>n` gives
 * the rates of the period for more than n input tokens, `0100-0400/12345` its rates from 01:00 to 04:00 UTC from Monday
 * to Friday. Service tiers follow `*`; `!` says that their price for cached input is unknown.
 *
 * @param body The text, for example `i.25r.025o2`.
 * @param hasAudioAtTextRate Whether the provider charges audio like text where no rate is given.
 * @throws Error where the text is malformed, naming the part.
 */
export function readPriceText(body: string, hasAudioAtTextRate: boolean): CardPlan {
  const [prices = '', tiers = ''] = body.split('*');
  return planCard(readPeriods(prices, hasAudioAtTextRate), false, readTiers(tiers));
}

function readPeriods(text: string, hasAudioAtTextRate: boolean): readonly PricePeriod[] {
  const periods: { -readonly [Key in keyof PricePeriod]: PricePeriod[Key] }[] = [];
  for (const part of text.split(';')) {
    const start = conditionLength(part);
    const condition = part.slice(0, start);
    const rates = readRates(part.slice(start), hasAudioAtTextRate);
    const current = periods.at(-1);
    if (condition === '' && current === undefined) periods.push(rates);
    else if (isDate(condition)) {
      const from = new Date(condition.length === 10 ? condition : `${condition}Z`);
      if (Number.isNaN(from.getTime())) throw new Error(`malformed date "${condition}"`);
      if (current?.from !== undefined && from <= current.from) throw new Error(`"${condition}" is out of order`);
      if (current !== undefined) current.to = from;
      periods.push({ ...rates, from });
    } else if (current !== undefined && condition.startsWith('>')) {
      current.longContext = [
        ...(current.longContext ?? []),
        { ...rates, aboveInputTokens: number(condition.slice(1)) },
      ];
    } else if (current !== undefined && condition[4] === '-') {
      const [hours = '', days] = condition.split('/');
      const window = { fromMinute: minuteOf(hours.slice(0, 4)), toMinute: minuteOf(hours.slice(5)) };
      const weekdays = days === undefined ? {} : { weekdays: Array.from(days, number) };
      current.windows = [...(current.windows ?? []), { ...rates, ...window, ...weekdays }];
    } else throw new Error(`malformed prices "${part}"`);
  }
  return periods;
}

/** Rates begin at the first small letter. */
function conditionLength(part: string): number {
  let index = 0;
  while (index < part.length && !isLetter(part, index)) index += 1;
  return index;
}

function isDate(condition: string): boolean {
  return condition[4] === '-' && condition[7] === '-';
}

function readRates(text: string, hasAudioAtTextRate: boolean): PriceRates {
  const rates: { -readonly [Key in keyof PriceRates]: number } = {};
  for (let index = 0; index < text.length;) {
    const letter = text[index] ?? '';
    let end = index + 1;
    while (end < text.length && !isLetter(text, end)) end += 1;
    if (!Object.hasOwn(rateLetters, letter)) throw new Error(`unknown rate "${letter}"`);
    const name = rateLetters[letter as keyof typeof rateLetters];
    rates[name] = picoUsd(text.slice(index + 1, end), name === 'audioHourPicoUsd' ? 12 : 6);
    index = end;
  }
  if (text === '') throw new Error('a segment without rates');
  if (hasAudioAtTextRate) {
    if (rates.inputPicoUsdPerToken !== undefined) rates.audioInputPicoUsdPerToken ??= rates.inputPicoUsdPerToken;
    if (rates.outputPicoUsdPerToken !== undefined) rates.audioOutputPicoUsdPerToken ??= rates.outputPicoUsdPerToken;
  }
  return rates;
}

function isLetter(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 97 && code <= 122;
}

/** A decimal times a power of ten, by its text. */
function picoUsd(amount: string, power: number): number {
  const dot = amount.indexOf('.');
  if (dot < 0) return number(amount + '0'.repeat(power));
  const fraction = amount.slice(dot + 1);
  if (fraction.length === 0 || fraction.length > power) throw new Error(`not a whole number of pico-USD: "${amount}"`);
  return number(amount.slice(0, dot) + fraction.padEnd(power, '0'));
}

function minuteOf(text: string): number {
  return number(text.slice(0, 2)) * 60 + number(text.slice(2));
}

function number(digits: string): number {
  const value = Number(digits);
  if (!(Number.isSafeInteger(value) && value >= 0) || digits === '') throw new Error(`malformed number "${digits}"`);
  return value;
}

function readTiers(text: string): ReadonlyMap<string, TierPlan> {
  const tiers = new Map<string, TierPlan>();
  for (const part of text === '' ? [] : text.split(',')) {
    const [name = '', fraction = ''] = part.split(':');
    const isUncachedOnly = fraction.endsWith('!');
    const [numerator = '', denominator = ''] = (isUncachedOnly ? fraction.slice(0, -1) : fraction).split('/');
    const factor = [number(numerator), number(denominator)] as const;
    if (name === '' || factor[1] === 0) throw new Error(`malformed service tier "${part}"`);
    tiers.set(name, { factor, isUncachedOnly });
  }
  return tiers;
}
