/** What a known host is called, and how it takes to being asked for usage. */
export interface ProviderPolicy {
  readonly provider: string;
  /** Whether `include_usage` may be injected. */
  readonly ask: boolean;
  readonly hide: HidePolicy;
}

/**
 * What to take away again after asking. `nothing`: the provider sends usage anyway. `usage-only events`: the last
 * chunk with empty choices, and null usage members. `all usage`: real usage on content chunks too, for providers
 * that add it there only when asked.
 */
export type HidePolicy = 'nothing' | 'usage-only events' | 'all usage';

/**
 * Finds the policy of a host by its longest known suffix; a host nobody knows keeps its own name and gets the default
 * (ask, and hide what asking caused).
 */
export function providerPolicyOf(hostname: string): ProviderPolicy {
  const known = memo.get(hostname);
  if (known !== undefined) return known;
  let policy: ProviderPolicy = { provider: hostname, ...byDefault };
  for (const [suffix, row] of table) {
    if (hostname === suffix || hostname.endsWith(suffix.startsWith('-') ? suffix : `.${suffix}`)) {
      policy = row;
      break;
    }
  }
  if (memo.size >= 1000) memo.clear();
  memo.set(hostname, policy);
  return policy;
}

const byDefault = { ask: true, hide: 'usage-only events' } as const;
const sendsAnyway = { ask: false, hide: 'nothing' } as const;

// Names are those of the price data. OpenRouter documents `stream_options` as accepted without effect, so asking is
// harmless there and hiding would take away what the app gets without us.
/** As the providers' documentation and recorded answers had it on 2026-11-22. */
const table: readonly (readonly [suffix: string, policy: ProviderPolicy])[] = [
  ['api.openai.com', { provider: 'openai', ...byDefault }],
  ['openai.azure.com', { provider: 'azure', ...byDefault }],
  ['cognitiveservices.azure.com', { provider: 'azure', ...byDefault }],
  ['services.ai.azure.com', { provider: 'azure', ...byDefault }],
  ['models.ai.azure.com', { provider: 'azure', ...byDefault }],
  ['openrouter.ai', { provider: 'openrouter', ask: true, hide: 'nothing' }],
  ['mistral.ai', { provider: 'mistral', ...sendsAnyway }],
  ['api.deepseek.com', { provider: 'deepseek', ...sendsAnyway }],
  ['api.perplexity.ai', { provider: 'perplexity', ...sendsAnyway }],
  ['generativelanguage.googleapis.com', { provider: 'google', ...sendsAnyway }],
  ['aiplatform.googleapis.com', { provider: 'google', ...sendsAnyway }],
  // Vertex AI puts its regions in front with a hyphen.
  ['-aiplatform.googleapis.com', { provider: 'google', ...sendsAnyway }],
  ['api.groq.com', { provider: 'groq', ask: true, hide: 'all usage' }],
  ['api.anthropic.com', { provider: 'anthropic', ...byDefault }],
  ['api.x.ai', { provider: 'x-ai', ...byDefault }],
  ['api.together.xyz', { provider: 'together', ...byDefault }],
  ['api.together.ai', { provider: 'together', ...byDefault }],
  ['api.fireworks.ai', { provider: 'fireworks', ...byDefault }],
  ['api.cerebras.ai', { provider: 'cerebras', ...byDefault }],
  ['dashscope.aliyuncs.com', { provider: 'dashscope', ...byDefault }],
  ['dashscope-intl.aliyuncs.com', { provider: 'dashscope', ...byDefault }],
  ['api.moonshot.ai', { provider: 'moonshotai', ...byDefault }],
  ['api.moonshot.cn', { provider: 'moonshotai', ...byDefault }],
  ['api.z.ai', { provider: 'zhipu', ...byDefault }],
  ['open.bigmodel.cn', { provider: 'zhipu', ...byDefault }],
  // The one its documentation gives for clients of OpenAI, and the one of its own API.
  ['api.cohere.ai', { provider: 'cohere', ...byDefault }],
  ['api.cohere.com', { provider: 'cohere', ...byDefault }],
  ['api.novita.ai', { provider: 'novita', ...byDefault }],
  ['api.deepinfra.com', { provider: 'deepinfra', ...byDefault }],
  ['api.siliconflow.cn', { provider: 'siliconflow', ...byDefault }],
  ['ai-gateway.vercel.sh', { provider: 'vercel', ...byDefault }],
  ['gateway.ai.cloudflare.com', { provider: 'cloudflare', ...byDefault }],
  ['api.cloudflare.com', { provider: 'cloudflare', ...byDefault }],
];

const memo = new Map<string, ProviderPolicy>();
