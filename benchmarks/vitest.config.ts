import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@kilotoken/source'] },
  ssr: { resolve: { conditions: ['@kilotoken/source'] } },
  test: { name: 'benchmarks', include: ['test/*.test.ts'], testTimeout: 120_000 },
});
