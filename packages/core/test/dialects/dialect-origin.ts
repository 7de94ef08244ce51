import type { ReplayedDialect } from './replayed-dialects.ts';

/** Where a dialect is spoken, and what its server does with `stream_options.include_usage`. */
export interface DialectOrigin {
  /** The address apps use. Its host decides how metering treats the provider. */
  readonly baseURL: string;
  /** Whether a request that does not ask reaches the server asking. */
  readonly isAsked: boolean;
  /** The server adds real usage to chunks with choices only where it was asked. */
  readonly cutsRealUsage: boolean;
}

/** The origin of a dialect, as openai-compatible apps are told to configure it. */
export function originOf({ name }: ReplayedDialect): DialectOrigin {
  const [baseURL, quirk] = origins[name] ?? ['http://gateway.example/v1'];
  return {
    baseURL,
    isAsked: quirk !== 'never asked',
    cutsRealUsage: quirk === 'usage on content chunks only when asked',
  };
}

type Quirk = 'never asked' | 'usage on content chunks only when asked';

// Plain HTTP, because openai 4 picks its agent by the scheme; metering looks at the host name alone.
const origins: Readonly<Record<string, readonly [baseURL: string, quirk?: Quirk]>> = {
  openai: ['http://api.openai.com/v1'],
  'openai-audio': ['http://api.openai.com/v1'],
  'openai-completions': ['http://api.openai.com/v1'],
  'openai-embeddings': ['http://api.openai.com/v1'],
  'openai-images': ['http://api.openai.com/v1'],
  'openai-responses': ['http://api.openai.com/v1'],
  'openai-transcription': ['http://api.openai.com/v1'],
  'openai-transcription-duration': ['http://api.openai.com/v1'],
  azure: ['http://kettle.openai.azure.com/openai/v1'],
  openrouter: ['http://openrouter.ai/api/v1'],
  'openrouter-error-midstream': ['http://openrouter.ai/api/v1'],
  'openrouter-generation': ['http://openrouter.ai/api/v1'],
  deepseek: ['http://api.deepseek.com', 'never asked'],
  'deepseek-unasked': ['http://api.deepseek.com', 'never asked'],
  groq: ['http://api.groq.com/openai/v1', 'usage on content chunks only when asked'],
  mistral: ['http://api.mistral.ai/v1', 'never asked'],
  fireworks: ['http://api.fireworks.ai/inference/v1'],
  perplexity: ['http://api.perplexity.ai', 'never asked'],
  xai: ['http://api.x.ai/v1'],
  gemini: ['http://generativelanguage.googleapis.com/v1beta/openai', 'never asked'],
  anthropic: ['http://api.anthropic.com/v1'],
  cerebras: ['http://api.cerebras.ai/v1'],
  dashscope: ['http://dashscope.aliyuncs.com/compatible-mode/v1'],
  moonshot: ['http://api.moonshot.ai/v1'],
  zhipu: ['http://api.z.ai/api/paas/v4'],
  vllm: ['http://models.internal:8000/v1'],
  ollama: ['http://localhost:11434/v1'],
  lmstudio: ['http://localhost:1234/v1'],
  // No host name tells llama.cpp: it is asked, and the event that goes takes its `timings` along.
  llamacpp: ['http://localhost:8080/v1'],
  'llamacpp-unasked': ['http://localhost:8080/v1'],
  'llamacpp-long': ['http://localhost:8080/v1'],
  cloudflare: ['http://gateway.ai.cloudflare.com/v1/account/gateway/compat'],
  'moonshot-asked': ['http://api.moonshot.ai/v1'],
};
