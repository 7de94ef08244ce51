import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      'packages/*/vitest.config.ts',
      'examples/*/vitest.config.ts',
      'examples/*/*/vitest.config.ts',
      'test/*/vitest.config.ts',
      'benchmarks/vitest.config.ts',
    ],
    coverage: { include: ['src/**/*.{ts,tsx}'], thresholds: { lines: 50 } },
  },
});
