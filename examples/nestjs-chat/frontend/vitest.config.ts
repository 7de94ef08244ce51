import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@kilotoken/source'] },
  ssr: { resolve: { conditions: ['@kilotoken/source'] } },
  test: { name: 'nestjs-chat-frontend', include: ['test/**/*.test.ts'] },
});
