import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@kilotoken/source'] },
  ssr: { resolve: { conditions: ['@kilotoken/source'] } },
  test: {
    name: 'nestjs-chat-e2e',
    include: ['test/**/*.test.ts'],
    globalSetup: './build-front-end.ts',
    // The first test of a file may fetch and start a mongod.
    hookTimeout: 180_000,
    testTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
  },
});
