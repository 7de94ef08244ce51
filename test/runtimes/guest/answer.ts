import type { Scenario } from './scenarios.ts';
import { sessionOf } from './session.ts';
import type { GuestFailure, Task } from './task.ts';

/** The server of the app, the same on every runtime: does the task in the body of a request. */
export async function answer(scenarios: Readonly<Record<string, Scenario>>, request: Request): Promise<Response> {
  try {
    const task = (await request.json()) as Task;
    const scenario = scenarios[task.scenario];
    if (scenario === undefined) throw new Error(`there is no scenario "${task.scenario}"`);
    const seen = await scenario(sessionOf(task), task);
    return seen instanceof Response ? seen : Response.json(seen ?? null);
  } catch (error) {
    const failure: GuestFailure = { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    return Response.json(failure, { status: 500 });
  }
}
