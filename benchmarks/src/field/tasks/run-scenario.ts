import { fakeProvider } from '@kilotoken/core/testing';
import { errorView, scenarios } from '../scenarios.ts';
import type { Setup } from '../setup.ts';
import type { ScenarioResult, Task } from '../task.ts';

const limitMs = 5000;
/** In which records of an answer come to their end, also where it was cut. */
const settleMs = 800;

/** One scenario, against a provider of its own, over sockets. */
export async function runScenario(setup: Setup, task: Extract<Task, { kind: 'scenario' }>): Promise<ScenarioResult> {
  const scenario = scenarios.find(({ name }) => name === task.name);
  if (scenario === undefined) throw new Error(`There is no scenario "${task.name}"`);
  await using provider = await fakeProvider({
    clock: () => new Date('2026-11-22T10:00:00Z'),
    ...scenario.provider?.(),
  });
  await setup.flush();
  await setup.taken();
  const openai = setup.client({ baseURL: provider.baseURL, apiKey: 'test', maxRetries: scenario.maxRetries ?? 0 });
  const view = await Promise.race([
    (async () => scenario.run(openai))().catch((error: unknown) => ({ error: errorView(error) })),
    pause(limitMs).then(() => ({ error: `no end in ${limitMs} ms` })),
  ]);
  await pause(settleMs);
  await setup.flush();
  const { calls, tokens } = provider.generated;
  return {
    view: JSON.stringify(view) ?? 'undefined',
    records: await setup.taken(),
    truth: { calls, inputTokens: tokens.inputTokens, outputTokens: tokens.outputTokens },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
