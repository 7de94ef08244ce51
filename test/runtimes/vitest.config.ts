import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@kilotoken/source'] },
  ssr: { resolve: { conditions: ['@kilotoken/source'] } },
  test: {
    name: 'runtimes',
    include: ['*.test.ts'],
    globalSetup: ['./start-runtimes.ts'],
    testTimeout: 20_000,
  },
});
