import type OpenAI from 'openai';
import { clientClass, seenRecord } from '../setup.ts';
import type { SeenRecord, SetUp } from '../setup.ts';
import { posted, textOf } from './posted.ts';

interface Service {
  awaitPendingTraceBatches(): Promise<void>;
  flush(): Promise<void>;
}

interface LangSmith {
  Client: new (options: Record<string, unknown>) => Service;
}

interface Wrapper {
  wrapOpenAI(client: OpenAI, options: Record<string, unknown>): OpenAI;
}

/** `langsmith`, posting to the sink as it posts to its service. */
export const langsmith: SetUp = ({ load, sinkUrl }) => {
  const service = new (load('langsmith') as LangSmith).Client({ apiUrl: sinkUrl, apiKey: 'lsv2_test' });
  const { wrapOpenAI } = load('langsmith/wrappers/openai') as Wrapper;
  const Client = clientClass(load('openai'));
  return {
    client: (options) => wrapOpenAI(new Client(options), { client: service, tracingEnabled: true }),
    async flush() {
      await service.flush();
      await service.awaitPendingTraceBatches();
    },
    taken: async () => (await posted(sinkUrl)).flatMap((request) => runsOf(textOf(request))),
  };
};

/** The runs of a multipart body; a run may come in two parts, of which the one with outputs has the counts. */
function runsOf(text: string): readonly SeenRecord[] {
  const runs = new Map<string, SeenRecord>();
  for (const match of text.matchAll(/name="(?:post|patch)\.([0-9a-f-]{36})(\.outputs)?"[^]*?\r\n\r\n([^\r]*)/g)) {
    const [, id = '', isOutputs, json = ''] = match;
    runs.set(id, { ...runs.get(id), ...(isOutputs === undefined ? {} : countsOf(json)) });
  }
  return [...runs.values()];
}

function countsOf(json: string): SeenRecord {
  const outputs = JSON.parse(json) as { usage_metadata?: { input_tokens?: unknown; output_tokens?: unknown } };
  return seenRecord(outputs.usage_metadata?.input_tokens, outputs.usage_metadata?.output_tokens);
}
