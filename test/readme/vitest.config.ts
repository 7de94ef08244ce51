import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@kilotoken/source'] },
  ssr: { resolve: { conditions: ['@kilotoken/source'] } },
  test: { name: 'readme', include: ['*.test.ts'], testTimeout: 60_000 },
});
