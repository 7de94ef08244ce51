import type { CardPlan } from '../arithmetic/card-plan.ts';
import { withoutDate } from './model-name.ts';
import type { PriceCards } from './price-cards.ts';
import { readPriceText } from './price-text.ts';

/** A card of the price list, ready for use. */
export interface BookCard {
  /** `provider/model`. */
  readonly id: string;
  readonly plan: CardPlan;
}

/** Finds the card of a model by name. */
export interface PriceBook {
  readonly version: string;
  /** `undefined` where nobody knows the price. */
  find(provider: string, model: string): BookCard | undefined;
  /** False where no model of the provider could have a price. */
  lists(provider: string): boolean;
  /** What is wrong with the first line that cannot be read, if any. */
  firstFault(): string | undefined;
}

/** These pass calls on under `vendor/model` names and charge what the vendor lists. */
const gateways: ReadonlySet<string> = new Set(['gateway', 'openrouter', 'vercel', 'cloudflare']);

/** Vendors whose prices gateways take over unchanged. Open models are served by many, each at its own price. */
const gatewayVendors: ReadonlySet<string> = new Set(['openai', 'anthropic', 'google', 'x-ai']);

/** Names of vendors at gateways that differ from ours. */
const vendorNames: ReadonlyMap<string, string> = new Map([
  ['xai', 'x-ai'],
  ['grok', 'x-ai'],
  ['google-ai-studio', 'google'],
]);

/** Azure charges what OpenAI and Anthropic list, for global deployments. */
const borrowed: ReadonlyMap<string, readonly string[]> = new Map([['azure', ['openai', 'anthropic']]]);

/** Google's own names may begin with these. */
const googlePrefix = /^(?:models|google|publishers\/google\/models)\//;

/** Google's prices name audio only where it costs something else than text. */
const audioAtTextRate: ReadonlySet<string> = new Set(['google']);

/** Opens compiled cards. Nothing is read before a provider is asked for, and then only that provider's section. */
export function openPriceBook({ version, text }: PriceCards): PriceBook {
  const sections = new Map<string, Section>();
  const cards = new Map<string, BookCard>();

  return {
    version,
    find: (provider, model) => findNamed(provider, model.toLowerCase()),
    lists: (provider) => gateways.has(provider) || sectionOf(provider).lines !== '\n',
    firstFault() {
      for (const [index, line] of text.split('\n').entries()) {
        const fault = line.startsWith('#') ? undefined : faultOf(line);
        if (fault !== undefined) return `line ${index + 1}, ${fault}`;
      }
      return text.startsWith('#') ? undefined : 'line 1, no provider';
    },
  };

  function findNamed(provider: string, model: string): BookCard | undefined {
    const name = provider === 'google' ? model.replace(googlePrefix, '') : model;
    const own = listed(provider, name, true);
    if (own !== undefined) return own;
    for (const lender of borrowed.get(provider) ?? []) {
      const lent = listed(lender, name, false);
      if (lent !== undefined) return lent;
    }
    return gateways.has(provider) ? ofVendor(name) : undefined;
  }

  function ofVendor(name: string): BookCard | undefined {
    const slash = name.indexOf('/');
    if (slash < 0) return undefined;
    const prefix = name.slice(0, slash);
    const vendor = vendorNames.get(prefix) ?? prefix;
    return gatewayVendors.has(vendor) ? listed(vendor, name.slice(slash + 1), false) : undefined;
  }

  /** By its full name, or by the name without the date. Service tiers are the provider's own, not the borrower's. */
  function listed(provider: string, name: string, hasTiers: boolean): BookCard | undefined {
    const section = sectionOf(provider);
    const line = lineOf(section, name) ?? lineOf(section, withoutDate(name) ?? '');
    if (line === undefined) return undefined;
    const key = `${provider} ${hasTiers ? 'with' : 'without'} tiers ${line}`;
    const known = cards.get(key);
    if (known !== undefined) return known;
    const bar = line.indexOf('|');
    const body = hasTiers ? line.slice(bar + 1) : line.slice(bar + 1).replace(/\*.*/, '');
    const card = { id: `${provider}/${idOf(line)}`, plan: readPriceText(body, audioAtTextRate.has(provider)) };
    cards.set(key, card);
    return card;
  }

  /** One provider's lines, in lower case with a line break before and after. */
  function sectionOf(provider: string): Section {
    const known = sections.get(provider);
    if (known !== undefined) return known;
    const start = `\n${text}`.indexOf(`\n#${provider}\n`);
    const first = start < 0 ? text.length : text.indexOf('\n', start + 1);
    const next = text.indexOf('\n#', first);
    const lines = `${text.slice(first, next < 0 ? undefined : next)}\n`;
    const section = { lines, lowerCase: lines.toLowerCase() };
    if (start >= 0) sections.set(provider, section);
    return section;
  }
}

interface Section {
  readonly lines: string;
  readonly lowerCase: string;
}

/** The line that has this name, by searching: for the few models an app uses that is faster than an index of all. */
function lineOf({ lines, lowerCase }: Section, name: string): string | undefined {
  if (name === '' || /[\n,|!*#]/.test(name)) return undefined;
  for (const entry of [`\n${name}|`, `\n${name},`, `,${name},`, `,${name}|`]) {
    const at = lowerCase.indexOf(entry);
    if (at >= 0) return lines.slice(lines.lastIndexOf('\n', at) + 1, lines.indexOf('\n', at + 1));
  }
  return undefined;
}

function idOf(line: string): string {
  return /^[^,|!]*/.exec(line)?.[0] ?? '';
}

function faultOf(line: string): string | undefined {
  const bar = line.indexOf('|');
  if (bar < 1) return `no card: "${line}"`;
  try {
    readPriceText(line.slice(bar + 1), false);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
