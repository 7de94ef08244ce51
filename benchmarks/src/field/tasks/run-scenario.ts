import { fakeProvider } from '@kilotoken/core/testing';
import { errorView, scenarios } from '../scenarios.ts';
import type { SeenRecord, Setup } from '../setup.ts';
import type { ScenarioResult, Task } from '../task.ts';

/** Far beyond what any of them takes on a busy machine. */
const limitMs = 20_000;
/** In which records come, if they come at all: also of an answer that was cut. */
const settleMs = 2500;
/** In which a record that is one too many would follow the others. */
const extraMs = 300;

/** What is seen of a contestant that does not come to an end. */
export const noEnd = `no end in ${limitMs} ms`;

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
    pause(limitMs).then(() => ({ error: noEnd })),
  ]);
  const records: SeenRecord[] = [];
  const collect = async (forMs: number): Promise<void> => {
    await pause(forMs);
    await setup.flush();
    records.push(...(await setup.taken()));
  };
  const isComplete = (): boolean =>
    scenario.ends === 'complete' &&
    records.filter(({ inputTokens }) => inputTokens !== undefined).length >= provider.generated.calls;
  const began = performance.now();
  while (!isComplete() && performance.now() - began < settleMs) await collect(100);
  await collect(extraMs);
  const { calls, tokens } = provider.generated;
  return {
    view: JSON.stringify(view) ?? 'undefined',
    records,
    truth: { calls, inputTokens: tokens.inputTokens, outputTokens: tokens.outputTokens },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
