import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@kilotoken/source'] },
  ssr: { resolve: { conditions: ['@kilotoken/source'] } },
  test: {
    name: 'nestjs-chat',
    include: ['test/**/*.test.ts'],
    // The first test of a file may fetch and start a mongod.
    hookTimeout: 180_000,
    testTimeout: 60_000,
  },
});
