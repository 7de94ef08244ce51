import type { ConditionalPrice, MatchLogic, ModelInfo, ModelPrice } from '@pydantic/genai-prices';
import { findProvider } from '@pydantic/genai-prices';
import type { PriceCards } from '../src/pricing/book/price-cards.ts';
import { withoutDate } from '../src/pricing/book/model-name.ts';
import { readPriceText } from '../src/pricing/book/price-text.ts';
import {
  correctionsDate,
  longCacheWrites,
  priceCorrections,
  serviceTierCorrections,
  withdrawnNames,
} from './price-corrections.ts';

/**
 * Our names of providers, and those of the source. OpenRouter reports what each call costs, so it needs no cards but for
 * models whose vendor asks another price than OpenRouter: they are corrections.
 */
const providers: readonly (readonly [ours: string, theirs: string | undefined])[] = [
  ['openai', 'openai'],
  ['anthropic', 'anthropic'],
  ['google', 'google'],
  ['x-ai', 'x-ai'],
  ['deepseek', 'deepseek'],
  ['mistral', 'mistral'],
  ['groq', 'groq'],
  ['perplexity', 'perplexity'],
  ['together', 'together'],
  ['fireworks', 'fireworks'],
  ['cerebras', 'cerebras'],
  ['moonshotai', 'moonshotai'],
  ['cohere', 'cohere'],
  ['novita', 'novita'],
  ['azure', 'azure'],
  ['openrouter', undefined],
];

const letters: Readonly<Record<string, string>> = {
  input_mtok: 'i',
  cache_read_mtok: 'r',
  cache_write_mtok: 'w',
  cache_write_1h_mtok: 'h',
  output_mtok: 'o',
  output_reasoning_mtok: 't',
  input_audio_mtok: 'a',
  cache_audio_read_mtok: 'b',
  output_audio_mtok: 'd',
  input_image_mtok: 'g',
  cache_image_read_mtok: 'j',
  output_image_mtok: 'k',
  audio_hours: 's',
};

/** Fees for tools the model calls: not part of a token price, and no usage object counts them. */
const fees = new Set(['web_searches_kcount', 'storage_searches_kcount']);
const sameAsAudioHours = 'input_audio_hours';

/** Compiled cards, and what of the source is not in them. */
export interface CompiledPrices {
  readonly cards: PriceCards;
  /** Cards that were left out, with the reason. */
  readonly leftOut: readonly string[];
}

interface Card {
  readonly id: string;
  readonly names: ReadonlySet<string>;
  readonly prices: string;
}

/** Compiles the data of the installed `@pydantic/genai-prices` with our corrections. The same input gives the same text. */
export function compilePrices(sourceVersion: string): CompiledPrices {
  const leftOut: string[] = [];
  const sections = providers.map(([ours, theirs]) => {
    const cards = correctedCards(ours, sourceCards(ours, theirs, leftOut));
    return [`#${ours}`, ...cards.map((card) => cardLine(ours, card))].join('\n');
  });
  return {
    cards: {
      version: `${correctionsDate} (genai-prices ${sourceVersion})`,
      source: `@pydantic/genai-prices ${sourceVersion} (MIT, Copyright (c) Pydantic Services Inc. 2025 to present), with dated corrections`,
      text: sections.join('\n'),
    },
    leftOut,
  };
}

function sourceCards(ours: string, theirs: string | undefined, leftOut: string[]): readonly Card[] {
  if (theirs === undefined) return [];
  const provider = findProvider({ providerId: theirs });
  if (provider === undefined) throw new Error(`the source has no provider "${theirs}"`);
  return provider.models.flatMap((model) => {
    const prices = pricesOf(model.prices);
    if (prices instanceof Error) {
      leftOut.push(`${ours}/${model.id}: ${prices.message}`);
      return [];
    }
    // The source takes the first model that matches; a name that leads it elsewhere is not a name of this one.
    const names = [model.id, ...namesIn(model.match)]
      .map((name) => name.toLowerCase())
      .filter((name) => provider.models.find(({ match }) => matches(match, name)) === model)
      .filter((name) => !name.startsWith('ft:') && !/[-@:.]$/.test(name) && !withdrawnNames.has(`${ours}/${name}`));
    if (names.length === 0) leftOut.push(`${ours}/${model.id}: has no exact name`);
    return names.length === 0 ? [] : [{ id: model.id, names: new Set(names), prices }];
  });
}

function correctedCards(provider: string, cards: readonly Card[]): readonly Card[] {
  const corrected = new Map(cards.map((card) => [`${provider}/${card.id}`, card]));
  for (const { card: key, names = [], prices } of priceCorrections) {
    if (!key.startsWith(`${provider}/`)) continue;
    const old = corrected.get(key);
    const id = key.slice(provider.length + 1);
    if (prices === undefined) corrected.delete(key);
    else corrected.set(key, { id, names: new Set([id, ...(old?.names ?? []), ...names]), prices });
  }
  return [...corrected.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** Names the runtime finds by itself, by taking off the date, are not listed. */
function cardLine(provider: string, { id, names, prices }: Card): string {
  const listed = [...names].filter((name) => name !== id.toLowerCase() && !isFoundByRule(name, names)).toSorted();
  const isIdListed = names.has(id.toLowerCase());
  const tiers = serviceTierCorrections.find(
    (one) => one.provider === provider && (one.cards === 'all' || one.cards.split(' ').includes(id)),
  )?.tiers;
  const rates = provider === longCacheWrites.provider ? withLongWrites(prices) : prices;
  const body = tiers === undefined ? rates : `${rates}*${tiers}`;
  readPriceText(body, false);
  return `${[isIdListed ? id : `${id}!`, ...listed].join(',')}|${body}`;
}

function withLongWrites(prices: string): string {
  return prices.replace(/w([\d.]+)(?!h)/g, (write, usd) => `${write}h${amount(Number(usd) * longCacheWrites.times)}`);
}

function isFoundByRule(name: string, names: ReadonlySet<string>): boolean {
  const base = withoutDate(name);
  return base !== undefined && names.has(base);
}

/** Texts in the match rule that may stand for a whole name; what a mere beginning goes on with is not guessed. */
function namesIn(match: MatchLogic): readonly string[] {
  if ('or' in match) return match.or.flatMap(namesIn);
  if ('and' in match) return match.and.flatMap(namesIn);
  if ('equals' in match) return [match.equals];
  if ('starts_with' in match) return [match.starts_with];
  if ('contains' in match) return [match.contains];
  return 'ends_with' in match ? [match.ends_with] : [];
}

function matches(match: MatchLogic, name: string): boolean {
  if ('or' in match) return match.or.some((one) => matches(one, name));
  if ('and' in match) return match.and.every((one) => matches(one, name));
  if ('equals' in match) return name === match.equals.toLowerCase();
  if ('starts_with' in match) return name.startsWith(match.starts_with.toLowerCase());
  if ('contains' in match) return name.includes(match.contains.toLowerCase());
  return 'ends_with' in match ? name.endsWith(match.ends_with.toLowerCase()) : new RegExp(match.regex).test(name);
}

/** The price in compact text, or why it cannot be told in tokens. */
function pricesOf(prices: ModelInfo['prices']): string | Error {
  const periods: readonly ConditionalPrice[] = Array.isArray(prices) ? prices : [{ prices }];
  const parts: string[] = [];
  for (const { constraint, prices: rates } of periods) {
    if (constraint?.type === 'time_of_date') return new Error('time of day needs a correction of its own');
    const text = ratesOf(rates);
    if (text instanceof Error) return text;
    parts.push(`${constraint?.start_date ?? ''}${text}`);
  }
  return parts.join(';');
}

function ratesOf(rates: ModelPrice): string | Error {
  const entries = Object.entries(rates).filter(([key]) => !fees.has(key));
  const unknown = entries.find(
    ([key, rate]) => letters[key] === undefined && !(key === sameAsAudioHours && rate === rates['audio_hours']),
  );
  if (unknown !== undefined) return new Error(`charged by ${unknown[0]}`);
  const known = entries.flatMap(([key, rate]) => (letters[key] === undefined ? [] : [{ letter: letters[key], rate }]));
  if (known.length === 0) return new Error('has no prices');
  known.sort((a, b) => letterOrder(a.letter) - letterOrder(b.letter));
  const starts = new Set(
    known.flatMap(({ rate }) => (typeof rate === 'object' ? rate.tiers.map(({ start }) => start) : [])),
  );
  const sheets = [undefined, ...[...starts].toSorted((a, b) => a - b)].map((above) => {
    const text = known.map(({ letter, rate }) => `${letter}${amount(rateAbove(rate, above))}`).join('');
    return above === undefined ? text : `>${above}${text}`;
  });
  return sheets.join(';');
}

function letterOrder(letter: string): number {
  return Object.values(letters).indexOf(letter);
}

function rateAbove(rate: ModelPrice[string], above: number | undefined): number {
  if (typeof rate !== 'object') return rate ?? 0;
  const tiers = rate.tiers.filter(({ start }) => above !== undefined && start <= above);
  return tiers.toSorted((a, b) => a.start - b.start).at(-1)?.price ?? rate.base;
}

/** USD per million tokens down to a pico-dollar per token: what is finer is the noise of a float. */
function amount(usd: number): string {
  const text = usd.toFixed(6).replace(/\.?0+$/, '');
  return text.startsWith('0.') ? text.slice(1) : text;
}
