import { checkFactor, checkKeys, checkPeriod, checkSequence, checkSpan, fail, membersOf } from './check-price-card.ts';
import { overridesByModel } from './book/override-book.ts';
import { openPriceBook } from './book/price-book.ts';
import type { PriceCards } from './book/price-cards.ts';
import type { PriceOptions, PriceOverride } from './price-options.ts';

const optionKeys = new Set<string>(['overrides', 'factors', 'providers', 'cards'] satisfies (keyof PriceOptions)[]);
const factorKeys = new Set(['provider', 'model', 'from', 'to', 'factor']);

/** Checks the option `prices`, and throws with the path of the first wrong member. */
export function checkPriceOptions(options: unknown): void {
  const value = membersOf('prices', options);
  checkKeys('prices', value, optionKeys);
  checkOverrides(listOf('prices.overrides', value['overrides']));
  for (const [index, one] of listOf('prices.factors', value['factors']).entries()) {
    const where = `prices.factors[${index}]`;
    const factor = membersOf(where, one);
    checkKeys(where, factor, factorKeys);
    for (const name of ['provider', 'model']) checkText(`${where}.${name}`, factor[name]);
    checkSpan(where, factor);
    checkFactor(`${where}.factor`, factor['factor']);
  }
  if (value['providers'] !== undefined) membersOf('prices.providers', value['providers']);
  const { cards } = value;
  if (cards !== undefined && typeof cards !== 'function') checkPriceCards('prices.cards', cards);
}

/** Checks compiled cards from outside: every line must be readable. */
export function checkPriceCards(where: string, cards: unknown): asserts cards is PriceCards {
  const value = membersOf(where, cards);
  for (const name of ['version', 'source', 'text']) {
    if (typeof value[name] !== 'string' || value[name] === '') fail(`${where}.${name}`, 'must be a non-empty string');
  }
  const fault = openPriceBook(cards as PriceCards).firstFault();
  if (fault !== undefined) fail(`${where}.text`, `is malformed: ${fault}`);
}

function checkOverrides(overrides: readonly unknown[]): void {
  for (const [index, override] of overrides.entries()) {
    const where = `prices.overrides[${index}]`;
    const { model, provider, ...period } = membersOf(where, override);
    if (typeof model !== 'string' || model === '') fail(`${where}.model`, 'must be a non-empty string');
    checkText(`${where}.provider`, provider);
    checkPeriod(where, period);
  }
  const indexes = new Map(overrides.map((override, index) => [override, index]));
  for (const periods of overridesByModel(overrides as readonly PriceOverride[]).values()) {
    checkSequence(periods.map((period) => ({ period, where: `prices.overrides[${indexes.get(period)}]` })));
  }
}

function checkText(where: string, value: unknown): void {
  if (value !== undefined && (typeof value !== 'string' || value === '')) fail(where, 'must be a non-empty string');
}

function listOf(where: string, value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : fail(where, 'must be an array');
}
