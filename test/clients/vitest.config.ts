import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@kilotoken/source'] },
  ssr: { resolve: { conditions: ['@kilotoken/source'] } },
  test: {
    name: 'clients',
    include: ['*.test.ts'],
    testTimeout: 120_000,
    // The SDK writes to the console what it cannot parse, and is given such things on purpose.
    silent: 'passed-only',
  },
});
