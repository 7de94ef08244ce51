import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'vite';
import type { InlineConfig, Rollup } from 'vite';

const folder = join(import.meta.dirname, '../..');
const react18 = join(folder, '../../test/react-18/node_modules');

/** A site in memory, on a loopback port. */
export interface BuiltPage {
  readonly url: string;
  close(): Promise<void>;
}

/** What differs between pages. */
export interface PageOptions {
  /** Folder of `index.html`, relative to the package. */
  readonly root: string;
  readonly react?: 18 | 19;
  /** Development build of React: it says more. */
  readonly isDevelopment?: boolean;
  /** `Content-Security-Policy` of every answer. */
  readonly csp?: string;
  /** Changes the page before it is sent, for example to put server markup into it. */
  readonly html?: (html: string, url: URL) => string;
  /** Answers what the site does not have. */
  readonly api?: (request: IncomingMessage, response: ServerResponse) => void;
}

/** What all builds of pages share; React 18 comes from a workspace of its own. */
export function pageConfig(react: 18 | 19 = 19, isDevelopment = true): InlineConfig {
  const alias =
    react === 18
      ? ['react', 'react-dom'].map((name) => ({
          find: new RegExp(`^${name}(?=$|/)`),
          replacement: join(react18, name),
        }))
      : [];
  return {
    configFile: false,
    logLevel: 'error',
    mode: isDevelopment ? 'development' : 'production',
    define: { 'process.env.NODE_ENV': JSON.stringify(isDevelopment ? 'development' : 'production') },
    resolve: {
      conditions: ['@kilotoken/source', 'module', 'browser', isDevelopment ? 'development' : 'production'],
      alias,
    },
    oxc: { jsx: { runtime: 'automatic', development: false } },
  };
}

/** Builds a page with the bundler an app would use, and serves it. */
export async function builtPage(options: PageOptions): Promise<BuiltPage> {
  const { root, react = 19, isDevelopment = true, csp, html = (text) => text, api } = options;
  const result = (await build({
    ...pageConfig(react, isDevelopment),
    root: join(folder, root),
    build: { write: false, minify: !isDevelopment, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  })) as Rollup.RollupOutput;
  const files = new Map(
    result.output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source]),
  );
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = url.pathname === '/' ? '/index.html' : url.pathname;
    const file = files.get(path);
    if (csp !== undefined) response.setHeader('content-security-policy', csp);
    if (file === undefined) return api ? api(request, response) : void response.writeHead(404).end();
    response.setHeader('content-type', types[path.slice(path.lastIndexOf('.'))] ?? 'application/octet-stream');
    response.end(path === '/index.html' ? html(String(file), url) : file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const types: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
};
