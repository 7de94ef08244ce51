import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // The widget's sources, as they are in this repository. An app of your own needs no conditions.
  resolve: { conditions: ['@kilotoken/source', ...defaultClientConditions] },
  build: {
    // These know `light-dark()`, which older targets would have rewritten into something else.
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // Inlined assets and the polyfill's inline script would need holes in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:3000' } },
});
