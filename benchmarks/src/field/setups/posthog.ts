import type OpenAI from 'openai';
import type { ClientOptions } from 'openai';
import { seenRecord } from '../setup.ts';
import type { SetUp } from '../setup.ts';
import { posted, textOf } from './posted.ts';

interface Service {
  flush(): Promise<void>;
}

interface PostHogNode {
  PostHog: new (key: string, options: Record<string, unknown>) => Service;
}

interface PostHogAi {
  OpenAI: new (options: ClientOptions & { posthog: Service }) => OpenAI;
}

/** `@posthog/ai` with `posthog-node`, posting to the sink. */
export const posthog: SetUp = ({ load, sinkUrl }) => {
  const service = new (load('posthog-node') as PostHogNode).PostHog('phc_test', { host: sinkUrl });
  const { OpenAI: Client } = load('@posthog/ai/openai') as PostHogAi;
  return {
    client: (options) => new Client({ ...options, posthog: service }),
    async flush() {
      await service.flush();
    },
    taken: async () =>
      (await posted(sinkUrl))
        .filter(({ path }) => path.includes('/batch'))
        .flatMap((request) => (JSON.parse(textOf(request)) as { batch: readonly PostHogEvent[] }).batch)
        .map(({ properties }) => seenRecord(properties['$ai_input_tokens'], properties['$ai_output_tokens'])),
  };
};

interface PostHogEvent {
  readonly properties: Readonly<Record<string, unknown>>;
}
