import type OpenAI from 'openai';
import { clientClass, seenRecord } from '../setup.ts';
import type { SetUp } from '../setup.ts';
import { posted, textOf } from './posted.ts';

interface Braintrust {
  initLogger(options: Record<string, unknown>): { flush(): Promise<void> };
  wrapOpenAI(client: OpenAI): OpenAI;
}

interface Row {
  readonly id: string;
  readonly metrics?: Readonly<Record<string, unknown>>;
}

/** `braintrust`, logging in at the sink and posting to it. */
export const braintrust: SetUp = ({ load, sinkUrl }) => {
  const { initLogger, wrapOpenAI } = load('braintrust') as Braintrust;
  const logger = initLogger({ projectName: 'bench', apiKey: 'sk-test', appUrl: sinkUrl });
  const Client = clientClass(load('openai'));
  return {
    client: (options) => wrapOpenAI(new Client(options)),
    flush: () => logger.flush(),
    async taken() {
      // A call comes in several rows of one id, which the service joins.
      const metrics = new Map<string, Row['metrics']>();
      for (const request of await posted(sinkUrl)) {
        if (!request.path.endsWith('/logs3')) continue;
        for (const row of (JSON.parse(textOf(request)) as { rows: readonly Row[] }).rows) {
          metrics.set(row.id, { ...metrics.get(row.id), ...row.metrics });
        }
      }
      return [...metrics.values()].map((each) => seenRecord(each?.['prompt_tokens'], each?.['completion_tokens']));
    },
  };
};
