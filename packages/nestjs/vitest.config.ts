import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@kilotoken/source'] },
  ssr: { resolve: { conditions: ['@kilotoken/source'] } },
  test: { name: 'nestjs', include: ['test/**/*.test.ts'], testTimeout: 30_000, expect: { poll: { timeout: 20_000 } } },
});
