import { answer } from './answer.ts';
import { fileScenarios } from './file-scenarios.ts';
import { scenarios } from './scenarios.ts';

declare const Deno: {
  serve(
    options: { readonly port: number; readonly hostname: string; onListen(address: { readonly port: number }): void },
    handler: (request: Request) => Promise<Response>,
  ): void;
};

const onListen = ({ port }: { readonly port: number }): void => console.log(JSON.stringify({ port }));
Deno.serve({ port: 0, hostname: '127.0.0.1', onListen }, (request) =>
  answer({ ...scenarios, ...fileScenarios }, request),
);
