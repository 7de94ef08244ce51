import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@kilotoken/source'] },
  ssr: { resolve: { conditions: ['@kilotoken/source'] } },
  test: { name: 'ai-sdk', include: ['test/**/*.test.ts'], testTimeout: 30_000 },
});
