import { createMeter, isMeterError, memoryStore, sqliteStore } from '@kilotoken/core';
import type { Meter, UsageRecord, UsageStore } from '@kilotoken/core';
import { waitUntil } from 'cloudflare:workers';
import OpenAI from 'openai';
import { answer } from './answer.ts';
import { request, type Scenario, scenarios } from './scenarios.ts';
import type { Task } from './task.ts';

const workerScenarios: Readonly<Record<string, Scenario>> = {
  ...scenarios,
  'one meter per worker': async (_session, task) => {
    meterOfWorker ??= createMeter({ store: remoteStore(task), waitUntil });
    return streamThrough(meterOfWorker, task);
  },
  'one meter per request': (_session, task) =>
    streamThrough(createMeter({ store: remoteStore(task), waitUntil }), task),
  'files are refused': async () => [
    refusalOf(() => sqliteStore({ path: 'usage.db' })),
    refusalOf(() => createMeter({ store: memoryStore(), journal: { path: 'journal' } })),
  ],
};

// oxlint-disable-next-line import/no-default-export -- a worker is its default export
export default { fetch: (incoming: Request) => answer(workerScenarios, incoming) };

let meterOfWorker: Meter | undefined;

/** Hands the raw body on, so that the record comes long after this request has its answer. */
async function streamThrough(meter: Meter, { baseURL, session }: Task): Promise<Response> {
  const client = meter.wrap(new OpenAI({ baseURL, apiKey: 'test', maxRetries: 0 }));
  const turn = meter.track({ userId: session });
  const stream = await client.chat.completions.create({ ...request, stream: true }, turn.options).asResponse();
  return new Response(stream.body);
}

/** A store at the other end of a connection, as a worker has it. */
function remoteStore({ pauseURL = '' }: Task): UsageStore {
  return {
    ...memoryStore(),
    async append(records: readonly UsageRecord[]) {
      const response = await fetch(pauseURL, { method: 'POST', body: JSON.stringify(records) });
      await response.text();
      return { inserted: records.length, duplicates: 0 };
    },
  };
}

function refusalOf(work: () => unknown): unknown {
  try {
    work();
    return 'no error';
  } catch (error) {
    return isMeterError(error) ? error.code : String(error);
  }
}
