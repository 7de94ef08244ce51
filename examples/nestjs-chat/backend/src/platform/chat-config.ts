import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Everything the app takes from its surroundings. */
export interface ChatConfig {
  readonly host: string;
  readonly port: number;
  readonly mongoUri: string;
  readonly jwtSecret: string;
  /** Browsers come by https: cookies are `Secure`. */
  readonly isSecure: boolean;
  /** Where the model is; absent: a scripted one in this process. */
  readonly provider: { readonly baseURL: string; readonly apiKey: string } | undefined;
  readonly model: string;
  /** Folder that keeps usage through a crash. */
  readonly journalDir: string;
  /** Requests per minute, route and address. */
  readonly requestsPerMinute: number;
  /** Number of proxies in front. */
  readonly trustProxy: number;
  /** Folder of the built front end; absent: only the API is served. */
  readonly frontEnd: string | undefined;
}

/** Injects the configuration. */
export const CHAT_CONFIG = Symbol('chat config');

/**
 * Reads the environment.
 *
 * @throws Error that names the variable, where one is missing or wrong.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): ChatConfig {
  const isProduction = env['NODE_ENV'] === 'production';
  const jwtSecret = env['JWT_SECRET'] ?? (isProduction ? '' : randomBytes(32).toString('hex'));
  if (jwtSecret.length < 32) throw new Error('JWT_SECRET must have 32 characters or more');
  const provider = providerOf(env);
  const scriptedModel = 'demo-chat';
  return {
    host: env['HOST'] ?? '127.0.0.1',
    port: wholeNumber(env, 'PORT', 3000),
    mongoUri: env['MONGODB_URI'] ?? 'mongodb://127.0.0.1:27017/chat',
    jwtSecret,
    isSecure: env['PUBLIC_URL']?.startsWith('https:') ?? false,
    provider,
    model: env['CHAT_MODEL'] ?? provider?.model ?? scriptedModel,
    journalDir: env['JOURNAL_DIR'] ?? 'data/usage-journal',
    requestsPerMinute: wholeNumber(env, 'RATE_LIMIT_PER_MINUTE', 300),
    trustProxy: wholeNumber(env, 'TRUST_PROXY', 0),
    frontEnd: builtFrontEnd(),
  };
}

function providerOf(env: Readonly<Record<string, string | undefined>>) {
  const { OPENAI_API_KEY, OPENAI_BASE_URL, OPENROUTER_API_KEY } = env;
  if (OPENAI_API_KEY === undefined && OPENROUTER_API_KEY !== undefined) {
    const baseURL = OPENAI_BASE_URL ?? 'https://openrouter.ai/api/v1';
    return { baseURL, apiKey: OPENROUTER_API_KEY, model: 'openai/gpt-5-mini' };
  }
  if (OPENAI_API_KEY === undefined && OPENAI_BASE_URL === undefined) return undefined;
  // A server of one's own often wants no key, but the client wants one.
  return {
    baseURL: OPENAI_BASE_URL ?? 'https://api.openai.com/v1',
    apiKey: OPENAI_API_KEY ?? 'none',
    model: 'gpt-5-mini',
  };
}

function wholeNumber(env: Readonly<Record<string, string | undefined>>, name: string, fallback: number): number {
  const text = env[name];
  if (text === undefined) return fallback;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name} must be a whole number, 0 or more`);
  return Number(text);
}

function builtFrontEnd(): string | undefined {
  const folder = fileURLToPath(new URL('../../../frontend/dist', import.meta.url));
  return existsSync(`${folder}/index.html`) ? folder : undefined;
}
