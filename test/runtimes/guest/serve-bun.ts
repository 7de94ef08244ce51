import { answer } from './answer.ts';
import { fileScenarios } from './file-scenarios.ts';
import { scenarios } from './scenarios.ts';

declare const Bun: {
  serve(options: {
    readonly port: number;
    readonly hostname: string;
    readonly idleTimeout: number;
    readonly fetch: (request: Request) => Promise<Response>;
  }): { readonly port: number };
};

const fetch = (request: Request): Promise<Response> => answer({ ...scenarios, ...fileScenarios }, request);
const server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch });
console.log(JSON.stringify({ port: server.port }));
