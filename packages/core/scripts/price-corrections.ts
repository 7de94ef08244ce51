/**
 * When the shipped prices were last compared with the pages and lists named below. Goes into `PriceCards.version`.
 */
export const correctionsDate = '2026-11-30';

/** A price the source has wrong, or does not have. */
export interface PriceCorrection {
  /** `provider/model`: replaces the card of that name, or adds it. */
  readonly card: string;
  /** Other names of the model. Default: those the source has. */
  readonly names?: readonly string[];
  /** The price as `src/pricing/book/price-text.ts` reads it; `undefined` takes the card out, so that it is `unpriced`. */
  readonly prices: string | undefined;
  /** Where the price is from, and when it was read there. */
  readonly source: string;
}

const openaiPricing = 'developers.openai.com/api/docs/pricing, as listed by LiteLLM 1.110.2, 2026-11-25';
const anthropicPricing = 'platform.claude.com/docs/en/about-claude/pricing, as listed by LiteLLM 1.110.2, 2026-11-25';
const deepseekPricing =
  'api-docs.deepseek.com/quick_start/pricing (peak hours are weekdays 01:00-04:00 and 06:00-10:00 UTC but for public ' +
  'holidays in China), and its change log: 2026-08-16 16:00 UTC, 2026-08-23, 2026-09-10 04:00 UTC; read 2026-11-25';
const azurePricing = 'prices.azure.com/api/retail/prices, East US, as listed by LiteLLM 1.110.2, 2026-11-29';
const openrouterModels =
  'openrouter.ai/api/v1/models, as listed by genai-prices 0.1.8, 2026-11-29: not what the vendor charges';
const litellm = 'LiteLLM 1.110.2, 2026-11-25, which names';
const openWeights = 'open weights: each host asks its own price, and the vendor serves none, 2026-11-30';
const imageModel = 'it makes images, and the source has only the price of its text, 2026-11-30';
const disputed = 'the source and LiteLLM 1.110.2 contradict each other and no dated notice settles it, 2026-11-25';

/**
 * Days without peak hours, the last one included. 2026 as the State Council announced it (mid-autumn, national holiday:
 * www.gov.cn/zhengce/content/202511/content_7047090.htm); days worked instead are at weekends, which have no peak hours.
 * Of 2027 only what the law itself names (regulation on public holidays, in force since 2025-01-01): the announcement,
 * which moves working days around them, was not to be had on 2026-11-29. Spring festival is the 6th of February.
 */
const chineseHolidays = [
  ['2026-09-25', '2026-09-27'],
  ['2026-10-01', '2026-10-07'],
  ['2027-01-01', '2027-01-01'],
  ['2027-02-05', '2027-02-08'],
  ['2027-04-05', '2027-04-05'],
  ['2027-06-09', '2027-06-09'],
  ['2027-09-15', '2027-09-15'],
  ['2027-10-01', '2027-10-03'],
] as const;

export const priceCorrections: readonly PriceCorrection[] = [
  {
    card: 'openai/gpt-6.1-terra',
    prices: 'i1r.05w1.25o5;>271999i2r.1w2.5o7.5',
    source: `released 2026-10-26; ${openaiPricing}`,
  },
  { card: 'openai/gpt-6.1-sol', prices: 'i2r.1w2.5o10;>271999i4r.2w5o15', source: openaiPricing },
  {
    card: 'openai/omni-moderation-latest',
    names: ['text-moderation-latest'],
    prices: 'i0o0',
    source: 'free of charge: developers.openai.com/api/docs/guides/moderation, 2026-11-25',
  },
  { card: 'openai/moderation', prices: undefined, source: 'the source matches any name that contains the word' },
  { card: 'openai/gpt-4o-search-preview', prices: undefined, source: disputed },
  { card: 'openai/gpt-oss-120b', prices: undefined, source: openWeights },
  { card: 'openai/gpt-oss-20b', prices: undefined, source: openWeights },
  { card: 'openai/gpt-oss-safeguard-20b', prices: undefined, source: openWeights },
  { card: 'google/gemma-2-27b-it', prices: undefined, source: openWeights },
  { card: 'openai/gpt-5-image', prices: undefined, source: imageModel },
  { card: 'openai/gpt-5-image-mini', prices: undefined, source: imageModel },
  { card: 'openai/gpt-5.4-image-2', prices: undefined, source: imageModel },
  {
    card: 'perplexity/sonar-pro-search',
    prices: undefined,
    source: 'openrouter.ai/perplexity/sonar-pro-search: 18 dollars for a thousand requests on top, 2026-11-30',
  },
  {
    card: 'openai/gpt-4o-transcribe',
    prices: 'i2.5o10a2.5',
    source: 'developers.openai.com/api/docs/models/gpt-4o-transcribe, and LiteLLM 1.110.2, 2026-11-30',
  },
  {
    card: 'openai/gpt-4o-mini-transcribe',
    prices: 'i1.25o5a1.25',
    source: 'developers.openai.com/api/docs/models/compare, and LiteLLM 1.110.2, 2026-11-30',
  },
  { card: 'anthropic/claude-sonnet-5-5', prices: 'i2r.1w2.5h4o10', source: anthropicPricing },
  {
    card: 'anthropic/claude-haiku-5-5',
    prices: 'i.1r.01w.125h.2o.5;>100000i.5r.05w.625h1o2.5',
    source: anthropicPricing,
  },
  {
    card: 'openai/gpt-6-rosalind',
    prices: 'i15r1.5w18.75o75;>271999i30r3w37.5o112.5',
    source: openaiPricing,
  },
  { card: 'google/gemini-4-argon', prices: 'i2r.1o10', source: `${litellm} ai.google.dev/gemini-api/docs/pricing` },
  { card: 'google/gemini-4-hydrogen', prices: 'i1.5r.075o7.5', source: `${litellm} aistudio.google.com/docs/pricing` },
  { card: 'x-ai/grok-4.7', prices: 'i2r.5o6;>199999i4r1o12', source: `${litellm} api.x.ai/v1/language-models` },
  { card: 'moonshotai/kimi-k3.1-pro', prices: 'i2r.2w2o10', source: `${litellm} platform.kimi.ai/docs/pricing/chat` },
  {
    card: 'mistral/mistral-large-4',
    names: ['mistral-large-4-0'],
    prices: 'i.7r.07o2.1',
    source: `${litellm} docs.mistral.ai/models/mistral-large-4-0`,
  },
  {
    card: 'deepseek/deepseek-v4-flash',
    names: ['deepseek-flash', 'deepseek-v4-flash-vision-exp'],
    prices: [
      'i.14r.0028o.28',
      peak('2026-08-16T16:00', 'i.22r.007o.66', 'i.44r.014o1.32', ''),
      peak('2026-08-22T16:00', 'i.22r.007o.66', 'i.44r.014o1.32'),
      peak('2026-09-10T04:00', 'i.15r.003o.6', 'i.3r.006o1.2'),
      holidays('i.15r.003o.6', 'i.3r.006o1.2'),
    ].join(';'),
    source: `since 2026-09-10 the name is served and charged as DeepSeek-V4.1-Flash; ${deepseekPricing}`,
  },
  {
    card: 'deepseek/deepseek-v4-pro',
    prices: [
      'i.435r.003625o.87',
      peak('2026-08-16T16:00', 'i.66r.022o1.98', 'i1.32r.044o3.96', ''),
      peak('2026-08-22T16:00', 'i.66r.022o1.98', 'i1.32r.044o3.96'),
      holidays('i.66r.022o1.98', 'i1.32r.044o3.96'),
    ].join(';'),
    source: deepseekPricing,
  },
  { card: 'deepseek/deepseek-chat', prices: undefined, source: 'the source has the windows of 2025 without their end' },
  { card: 'deepseek/deepseek-reasoner', prices: undefined, source: 'as deepseek-chat' },
  { card: 'deepseek/deepseek-v3.2', prices: undefined, source: disputed },
  {
    card: 'mistral/mistral-embed',
    prices: 'i.1',
    source: 'mistral.ai/pricing/api: embeddings have no output, 2026-11-25',
  },
  {
    card: 'azure/gpt-4o-transcribe',
    names: ['gpt-4o-transcribe-diarize'],
    prices: 'i2.5o10a6',
    source: 'azure.microsoft.com/pricing/details/azure-openai, as listed by LiteLLM 1.110.2, 2026-11-30',
  },
  {
    card: 'azure/gpt-4o-mini-transcribe',
    prices: 'i1.25o5a3',
    source: "LiteLLM 1.110.2, which has OpenAI's former price of the audio, 2026-11-30",
  },
  { card: 'azure/phi-4', prices: 'i.125o.5', source: azurePricing },
  { card: 'azure/phi-4-mini-instruct', prices: 'i.075o.3', source: azurePricing },
  { card: 'azure/phi-4-multimodal-instruct', prices: 'i.08o.32', source: azurePricing },
  { card: 'azure/gpt-oss-120b', prices: 'i.15o.6', source: azurePricing },
  {
    card: 'azure/gpt-audio',
    prices: 'i2.5o10',
    source: 'audio is listed at other rates than OpenAI has, without a source to check (LiteLLM 1.110.2, 2026-11-29)',
  },
  { card: 'openrouter/openai/gpt-5.6-sol', prices: 'i2r.2w2.5o10;>271999i4r.4w5o15', source: openrouterModels },
  { card: 'openrouter/openai/gpt-3.5-turbo-0613', prices: 'i1o2', source: openrouterModels },
  { card: 'openrouter/google/gemini-2.5-flash-preview:thinking', prices: 'i.15o3.5', source: openrouterModels },
  { card: 'openrouter/google/gemini-pro', prices: 'i.5o1.5', source: openrouterModels },
  { card: 'openrouter/google/gemma-2-27b-it', prices: 'i.8o.8', source: openrouterModels },
  { card: 'x-ai/grok-code-fast-1', prices: undefined, source: disputed },
  { card: 'x-ai/grok-4.20-multi-agent', prices: undefined, source: disputed },
];

/**
 * Names that are taken out because LiteLLM 1.110.2 has other prices for them, and no dated notice settles it: aliases that
 * moved to another model, prices of hosts that changed, cached rates the source lacks. Compared 2026-11-30.
 */
export const withdrawnNames: ReadonlySet<string> = new Set([
  'mistral/codestral-latest',
  'mistral/devstral-small-latest',
  'mistral/magistral-medium-latest',
  'mistral/magistral-small-latest',
  'mistral/mistral-large-latest',
  'mistral/mistral-medium',
  'mistral/mistral-medium-latest',
  'mistral/mistral-small-latest',
  'mistral/mistral-tiny',
  'mistral/open-mistral-nemo',
  'mistral/pixtral-large-latest',
  'groq/openai/gpt-oss-safeguard-20b',
  'fireworks/accounts/fireworks/models/deepseek-v3p2',
  'fireworks/accounts/fireworks/models/deepseek-v4-flash-0731',
  'fireworks/accounts/fireworks/models/deepseek-v4-pro',
  'fireworks/accounts/fireworks/models/gemma-3-27b-it',
  'fireworks/accounts/fireworks/models/glm-4p7',
  'fireworks/accounts/fireworks/models/gpt-oss-120b',
  'fireworks/accounts/fireworks/models/llama-v3p1-8b-instruct',
  'fireworks/accounts/fireworks/models/minimax-m2p1',
  'fireworks/accounts/fireworks/routers/kimi-k3-us',
  'google/gemini-2.5-pro-preview-tts',
  // Each call is a search as well, for 25 to 30 dollars a thousand.
  'openai/gpt-4o-mini-search-preview',
  'openai/gpt-4o-mini-search-preview-2025-03-11',
  'x-ai/grok-latest',
  'novita/meta-llama/llama-3.1-8b-instruct',
  'novita/meta-llama/llama-3.1-8b-instruct-max',
  'novita/meta-llama/llama-3.3-70b-instruct',
  'novita/mistralai/mistral-nemo',
  'together/meta-llama/llama-3.3-70b-instruct-turbo',
  'together/mistralai/mixtral-8x7b-instruct-v0.1',
]);

/** Cache writes that last longer than usual, as a multiple of those that do not; the source has only Anthropic's. */
export const longCacheWrites = {
  provider: 'openai',
  times: 2,
  source: `writes with 12-hour retention; ${openaiPricing}`,
} as const;

/** Prices of service tiers; the source has none. Cards that are not listed here have only their base price. */
export interface ServiceTierCorrection {
  readonly provider: string;
  /** As `src/pricing/book/price-text.ts` reads them. */
  readonly tiers: string;
  /** Models by their card, separated by spaces, or `all`. */
  readonly cards: string;
  readonly source: string;
}

// gpt-5.4 and o4-mini are left out for flex and batch: their cached rate is listed rounded, so nobody knows it exactly.
// The older models have no batch rate for cached input on any list, hence the `!`.
export const serviceTierCorrections: readonly ServiceTierCorrection[] = [
  { provider: 'openai', tiers: 'batch:1/2,flex:1/2,priority:9/5', cards: 'gpt-5-mini', source: openaiPricing },
  {
    provider: 'openai',
    tiers: 'batch:1/2,flex:1/2,priority:2/1',
    cards:
      'gpt-5 gpt-5.1 gpt-5.2 gpt-5.4-mini gpt-5.6-sol gpt-5.6-terra gpt-5.6-luna gpt-6-astra gpt-6-sol gpt-6-luna gpt-6.1-sol gpt-6.1-terra',
    source: openaiPricing,
  },
  { provider: 'openai', tiers: 'batch:1/2,flex:1/2,priority:5/2', cards: 'gpt-5.5', source: openaiPricing },
  {
    provider: 'openai',
    tiers: 'batch:1/2,flex:1/2',
    cards: 'gpt-5-nano gpt-5.4-nano gpt-5.5-pro gpt-5.4-pro',
    source: openaiPricing,
  },
  { provider: 'openai', tiers: 'priority:2/1', cards: 'gpt-5.3-codex gpt-5.4', source: openaiPricing },
  { provider: 'openai', tiers: 'batch:1/2!,flex:1/2,priority:7/4', cards: 'o3', source: openaiPricing },
  { provider: 'openai', tiers: 'batch:1/2!,priority:7/4', cards: 'gpt-4.1 gpt-4.1-mini', source: openaiPricing },
  { provider: 'openai', tiers: 'batch:1/2!,priority:2/1', cards: 'gpt-4.1-nano', source: openaiPricing },
  { provider: 'openai', tiers: 'batch:1/2!,priority:17/10', cards: 'gpt-4o', source: openaiPricing },
  { provider: 'openai', tiers: 'batch:1/2!,priority:5/3', cards: 'gpt-4o-mini', source: openaiPricing },
  { provider: 'openai', tiers: 'batch:1/2!', cards: 'o1 o3-mini', source: openaiPricing },
  { provider: 'openai', tiers: 'batch:1/2!,priority:20/11', cards: 'o4-mini', source: openaiPricing },
  {
    provider: 'openai',
    tiers: 'batch:1/2',
    cards:
      'gpt-5-pro gpt-5.2-pro o1-pro o3-pro gpt-4o-2024-05-13 text-embedding-3-small text-embedding-3-large text-embedding-ada-002',
    source: openaiPricing,
  },
  {
    provider: 'google',
    tiers: 'batch:1/2,flex:1/2,priority:9/5',
    cards: 'gemini-4-argon gemini-4-hydrogen',
    source: `${litellm} ai.google.dev/gemini-api/docs/pricing`,
  },
  {
    provider: 'anthropic',
    tiers: 'batch:1/2',
    cards: 'all',
    source: 'platform.claude.com/docs/en/build-with-claude/batch-processing: half of every rate, 2026-11-25',
  },
];

/** A period with DeepSeek's peak hours; `/12345` is Monday to Friday, which is the same day in Beijing at those hours. */
function peak(from: string, offPeakRates: string, peakRates: string, days = '/12345'): string {
  return `${from}${offPeakRates};0100-0400${days}${peakRates};0600-1000${days}${peakRates}`;
}

function holidays(offPeakRates: string, peakRates: string): string {
  // A day in Beijing begins at 16:00 UTC of the day before.
  return chineseHolidays
    .flatMap(([first, last]) => [
      `${dayBefore(first)}T16:00${offPeakRates}`,
      peak(`${last}T16:00`, offPeakRates, peakRates),
    ])
    .join(';');
}

function dayBefore(day: string): string {
  return new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
}
