import { createMeter, memoryStore } from '@kilotoken/core';
import type { Meter, UsageRecord } from '@kilotoken/core';
import OpenAI from 'openai';
import type { SessionReport, Task } from './task.ts';

/** An app's meter and client, with what became of them. */
export interface Session {
  readonly client: OpenAI;
  readonly meter: Meter;
  /** How often the body of the latest answer was read, beneath the meter. */
  readonly reads: { count: number };
  report(): Promise<SessionReport>;
}

const sessions = new Map<string, Session>();

/** The session a task belongs to. */
export function sessionOf(task: Task): Session {
  let session = sessions.get(task.session);
  if (session === undefined) {
    session = createSession(task);
    sessions.set(task.session, session);
  }
  return session;
}

function createSession({ baseURL, isMetered, scenario }: Task): Session {
  const reads = { count: 0 };
  const errors: string[] = [];
  const store = memoryStore();
  const meter = createMeter({ store, onError: (error) => errors.push(error.message) });
  const options = { baseURL, apiKey: 'test', maxRetries: 0 };
  const client = new OpenAI(scenario === 'counted' ? { ...options, fetch: countingFetch(reads) } : options);
  if (isMetered) meter.wrap(client);
  return {
    client,
    meter,
    reads,
    async report() {
      await meter.flush();
      const records: UsageRecord[] = [];
      for await (const record of store.records({})) records.push(record);
      return { records, errors, pending: meter.stats().pending };
    },
  };
}

/** A `fetch` whose bodies are pulled by their reader alone, each read counted. */
function countingFetch(reads: { count: number }): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const reader = response.body?.getReader();
    if (reader === undefined) return response;
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const result = await reader.read();
          reads.count += 1;
          if (result.done) controller.close();
          else controller.enqueue(result.value);
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: response.headers });
  };
}
