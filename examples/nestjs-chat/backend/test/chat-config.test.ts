import { describe, expect, test } from 'vitest';
import { readConfig } from '../src/platform/chat-config.ts';

const secret = 's'.repeat(32);

describe('the environment', () => {
  test('may be empty on a machine of one’s own: a scripted model, and a secret of this start', () => {
    const { provider, model, jwtSecret, isSecure, host, port } = readConfig({});
    expect({ provider, model, isSecure, host, port }).toEqual({
      provider: undefined,
      model: 'demo-chat',
      isSecure: false,
      host: '127.0.0.1',
      port: 3000,
    });
    expect(jwtSecret).toHaveLength(64);
    expect(readConfig({}).jwtSecret).not.toBe(jwtSecret);
  });

  test('must bring a secret in production, and one that is long enough', () => {
    const missing = 'JWT_SECRET must have 32 characters or more';
    expect(() => readConfig({ NODE_ENV: 'production' })).toThrow(missing);
    expect(() => readConfig({ JWT_SECRET: 'short' })).toThrow(missing);
    expect(readConfig({ NODE_ENV: 'production', JWT_SECRET: secret }).jwtSecret).toBe(secret);
  });

  test('names what is wrong', () => {
    for (const value of ['-1', '1.5', 'x', '']) {
      expect(() => readConfig({ PORT: value })).toThrow('PORT must be a whole number');
    }
  });

  test.for([
    [{ OPENAI_API_KEY: 'k' }, 'https://api.openai.com/v1', 'k', 'gpt-5-mini'],
    [{ OPENROUTER_API_KEY: 'k' }, 'https://openrouter.ai/api/v1', 'k', 'openai/gpt-5-mini'],
    [{ OPENAI_API_KEY: 'k', OPENROUTER_API_KEY: 'other' }, 'https://api.openai.com/v1', 'k', 'gpt-5-mini'],
    [{ OPENAI_BASE_URL: 'http://localhost:11434/v1' }, 'http://localhost:11434/v1', 'none', 'gpt-5-mini'],
    [{ OPENAI_API_KEY: 'k', CHAT_MODEL: 'm' }, 'https://api.openai.com/v1', 'k', 'm'],
  ] as const)('%o is answered by %s', ([env, baseURL, apiKey, name]) => {
    const { provider, model } = readConfig(env);
    expect({ ...provider, model }).toEqual({ baseURL, apiKey, model: name });
  });

  test('with https in PUBLIC_URL cookies are secure', () => {
    expect(readConfig({ PUBLIC_URL: 'https://chat.example.com' }).isSecure).toBe(true);
    expect(readConfig({ PUBLIC_URL: 'http://localhost' }).isSecure).toBe(false);
  });
});
