import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@kilotoken/source'] },
  ssr: { resolve: { conditions: ['@kilotoken/source'] } },
  // Random traffic and processes take their time on a busy machine; a hanging test still ends.
  test: {
    name: 'core',
    include: ['test/**/*.test.{ts,tsx}'],
    testTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
  },
});
