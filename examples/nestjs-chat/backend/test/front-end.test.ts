import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { chatAppForTests } from './chat-app.ts';

const folder = mkdtempSync(join(tmpdir(), 'front-end-'));
mkdirSync(join(folder, 'assets'));
writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Chat</title>');
writeFileSync(join(folder, 'assets/app-1a2b3c.js'), 'export {};');
afterAll(() => rmSync(folder, { recursive: true }));

const app = chatAppForTests({ frontEnd: folder });
const get = (path: string, accept = 'text/html,*/*;q=0.8') => fetch(`${app().url}${path}`, { headers: { accept } });

test('every path that is not the API shows the page, under the strict policy', async () => {
  for (const path of ['/', '/conversations/1', '/healthy', '/apis']) {
    const response = await get(path);
    expect(await response.text(), path).toContain('<title>Chat</title>');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
  }
});

test('the API stays JSON, also where a browser asks for a page and there is nothing', async () => {
  for (const [path, status] of [
    ['/api/nowhere', 404],
    ['/api/auth/profile', 401],
    ['/health', 200],
  ] as const) {
    const response = await get(path);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      status,
      'application/json; charset=utf-8',
    ]);
  }
});

test('built assets may be kept for good, and nothing outside of the folder is served', async () => {
  const asset = await get('/assets/app-1a2b3c.js', '*/*');
  expect(asset.headers.get('cache-control')).toContain('immutable');
  expect(asset.headers.get('content-type')).toContain('javascript');
  const outside = await get('/..%2f..%2fetc%2fpasswd');
  expect(await outside.text()).not.toContain('root:');
});
