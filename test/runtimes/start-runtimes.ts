import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { stageApp } from './stage-app.ts';
import { type RuntimeName, runtimeNames, type RuntimeProcess, startRuntime } from './runtime-process.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where each runtime listens. */
    runtimes: Readonly<Record<RuntimeName, string>>;
    /** The app they run, with the built library installed. */
    app: string;
  }
}

/** Builds the library into an app outside of the workspace, and starts that app once on every runtime. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const app = await mkdtemp(join(tmpdir(), 'kilotoken-runtimes-'));
  const started: RuntimeProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((runtime) => runtime.stop()));
    await rm(app, { recursive: true, maxRetries: 3 });
  };
  try {
    await stageApp(app);
    const starts = runtimeNames.map(async (name) => void started.push(await startRuntime(name, app)));
    for (const result of await Promise.allSettled(starts)) if (result.status === 'rejected') throw result.reason;
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide('app', app);
  project.provide(
    'runtimes',
    Object.fromEntries(started.map(({ name, url }) => [name, url])) as Record<RuntimeName, string>,
  );
  return stop;
}
