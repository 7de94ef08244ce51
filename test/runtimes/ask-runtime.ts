import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fakeProvider, type FakeProvider, type FakeProviderOptions } from '@kilotoken/core/testing';
import { inject } from 'vitest';
import type { GuestFailure, SessionReport, Task } from './guest/task.ts';
import type { RuntimeName } from './runtime-process.ts';

/** One run of a scenario on a runtime. */
export interface Run {
  /** The body the app's server answered with. */
  readonly text: string;
  readonly response: Response;
  readonly provider: FakeProvider;
  report(): Promise<SessionReport>;
}

/** Registers what is to be done when the test is over. */
export type Cleanup = (work: () => Promise<void>) => void;

/** What a run needs besides the name of the scenario. */
export interface RunOptions extends Partial<Pick<Task, 'isMetered' | 'folder'>> {
  readonly provider?: FakeProviderOptions;
  /** Runs while the app pauses, or stores what it sends, and lets it go on with what it returns. */
  readonly whilePaused?: (provider: FakeProvider, body: string) => Promise<string>;
}

const fixed = { clock: () => new Date('2026-11-22T10:00:00Z') };

/**
 * Has a runtime do a scenario against a provider of its own, which ends with the test.
 *
 * @throws Error with the stack of the app where the scenario failed.
 */
export async function runOn(
  runtime: RuntimeName,
  scenario: string,
  onTestFinished: Cleanup,
  options: RunOptions = {},
): Promise<Run> {
  const { provider: providerOptions, whilePaused, isMetered = true, ...rest } = options;
  const provider = await fakeProvider({ ...fixed, ...providerOptions });
  onTestFinished(() => provider.close());
  const pause = whilePaused === undefined ? undefined : await pauseServer((body) => whilePaused(provider, body));
  if (pause !== undefined) onTestFinished(pause.close);
  const task: Task = {
    scenario,
    session: randomUUID(),
    baseURL: provider.baseURL,
    isMetered,
    ...rest,
    ...(pause && { pauseURL: pause.url }),
  };
  const answer = await ask(runtime, task);
  return {
    text: answer.text,
    response: answer.response,
    provider,
    report: async () => JSON.parse((await ask(runtime, { ...task, scenario: 'report' })).text) as SessionReport,
  };
}

async function ask(runtime: RuntimeName, task: Task): Promise<{ readonly response: Response; readonly text: string }> {
  const response = await fetch(inject('runtimes')[runtime], { method: 'POST', body: JSON.stringify(task) });
  const said = await response.text();
  if (response.status === 500) throw new Error(`${runtime}: ${(JSON.parse(said) as GuestFailure).failure}`);
  return { response, text: said };
}

/** What the app talks to beside the model: a request there is a pause within a request of the app, as workerd wants it. */
async function pauseServer(
  wait: (body: string) => Promise<string>,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    text(request)
      .then(wait)
      .then(
        (answer) => response.end(answer),
        (error: unknown) => response.destroy(error as Error),
      );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
