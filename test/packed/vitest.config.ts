import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'packed',
    include: ['*.test.ts'],
    globalSetup: ['./pack-workspaces.ts'],
    // Installs are bound by disk and network: two at a time keep a small machine busy without time-outs.
    maxConcurrency: 2,
    testTimeout: 300_000,
    expect: { poll: { timeout: 20_000 } },
  },
});
