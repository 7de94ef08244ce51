import { expect, it } from 'vitest';
import { runMutant } from './mutant.ts';
import type { Mutant } from './mutant.ts';

const isFull = process.env['KILOTOKEN_FULL'] === '1';

const mutants: readonly Mutant[] = [
  {
    name: 'hides nothing',
    file: 'capture/payloads/usage-filter.ts',
    from: 'this.hide = hide;',
    to: "this.hide = 'nothing';",
    noticedBy: 'a chat stream gives the same chunks',
  },
  {
    name: 'hides what the host asked for',
    file: 'capture/payloads/usage-filter.ts',
    from: 'this.hide = hide;',
    to: "this.hide = 'usage-only events';",
    noticedBy: 'keeps the usage chunk',
  },
  {
    name: 'does not relay the abort of the host',
    file: 'capture/request/signal-relay.ts',
    from: "host.addEventListener('abort', follow, once);",
    to: '',
    noticedBy: 'an abort before the headers is the same error',
  },
  {
    name: 'adds reports up',
    file: 'normalize/usage/fuller-report.ts',
    from: 'return difference < 0 ? earlier : later;',
    to: `const known = earlier.tokens as Record<string, number>;
  const summed = Object.entries(later.tokens).map(([name, count]) => [name, count + (known[name] ?? 0)]);
  return difference < -1e300 ? earlier : { ...later, tokens: Object.fromEntries(summed) as never };`,
    noticedBy: 'grows from chunk to chunk',
  },
  {
    name: 'adds a part to its total',
    file: 'normalize/usage/settle-counts.ts',
    from: 'if (total !== undefined) tokens.totalTokens = total;',
    to: 'tokens.totalTokens = (total ?? 0) + (reasoning ?? 0);',
    noticedBy: 'are parts of their totals',
  },
  {
    name: 'asks for usage in the Responses API',
    file: 'capture/endpoint/endpoint.ts',
    from: "const asksForUsage = operation === 'chat'",
    to: "const asksForUsage = operation === 'responses' || operation === 'chat'",
    noticedBy: 'nothing is asked for in its request',
  },
  {
    name: 'makes a new response',
    file: 'capture/metered-fetch.ts',
    from: 'return follow(attempt, call, response, call.injected);',
    to: 'return new Response(follow(attempt, call, response, call.injected).body, response);',
    noticedBy: 'the very object the inner fetch gave',
  },
  {
    name: 'forgets an answer while it is read',
    file: 'capture/answer/web-answer.ts',
    from: 'lay(response, followed);\n  return followed;',
    to: 'lay(response, followed);\n  return { abort: (reason) => options.connection.disconnect(reason) };',
    noticedBy: 'still brings the exact usage',
  },
];

it.for(mutants)('a library that $name is noticed', async (mutant) => {
  const { failed } = await runMutant(mutant, isFull ? '' : mutant.noticedBy);
  expect(failed.map(({ check }) => check)).toContainEqual(expect.stringContaining(mutant.noticedBy));
});

it('the checks that notice them pass with the library as it is', async () => {
  const untouched = {
    name: 'is as it is',
    file: 'index.ts',
    from: 'createMeter }',
    to: 'createMeter }',
    noticedBy: '',
  };
  const { passed, failed } = await runMutant(untouched, isFull ? '' : 'chat stream');
  expect(failed).toEqual([]);
  expect(passed).toBeGreaterThan(1);
});
