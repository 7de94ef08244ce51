import { chatAnswer } from '@kilotoken/core/testing';
import { describe, expect, test } from 'vitest';
import { runOn } from './ask-runtime.ts';
import { handOn } from './guest/hand-on.ts';
import { runtimeNames } from './runtime-process.ts';

const ways = [
  ...Object.keys(handOn).map((way) => `hand on: ${way}`),
  'serve new Response(body)',
  'serve the very response',
  'serve a plain response',
  'serve toReadableStream',
];

describe.for(runtimeNames)('a hidden stream that the app hands on as it is, on %s', (runtime) => {
  const possible = ways.filter((way) => runtime !== 'workerd without Node' || !way.endsWith('Readable.fromWeb'));

  test.for(possible)('%s: leaks nothing and makes one exact record', async (scenario, { onTestFinished }) => {
    const bare = await runOn(runtime, scenario, onTestFinished, { isMetered: false });
    const metered = await runOn(runtime, scenario, onTestFinished);

    expect(metered.text).toBe(bare.text);
    expect(contentOf(metered.response)).toEqual(contentOf(bare.response));
    const { records, ...rest } = await metered.report();
    expect(rest).toEqual({ errors: [], pending: 0 });
    const { tokens } = metered.provider.generated;
    expect(records).toMatchObject([{ origin: 'reported', outcome: 'completed', tokens }]);
  });
});

const served = ['serve new Response(body)', 'serve the very response', 'serve a plain response'];

describe.for(runtimeNames)('a compressed answer that a server hands on, on %s', (runtime) => {
  test.for(['streamed', 'plain', ...served])('%s: reads as from Node, with one record', async (scenario, context) => {
    const provider = { answers: [chatAnswer({ text: 'one two three', gzip: true })] };
    // Not as from the same runtime: a bare Bun names an encoding that the body it serves does not have.
    const node = await runOn('node', scenario, context.onTestFinished, { provider, isMetered: false });
    const metered = await runOn(runtime, scenario, context.onTestFinished, { provider });

    expect(metered.text).toBe(node.text);
    const { records } = await metered.report();
    expect(records).toMatchObject([{ origin: 'reported', outcome: 'completed' }]);
  });
});

function contentOf({ headers, status }: Response): unknown {
  return [status, headers.get('content-type'), headers.get('x-request-id')];
}
