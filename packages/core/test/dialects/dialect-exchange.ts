import { createMeter, memoryStore } from '../../src/index.ts';
import type { UsageRecord } from '../../src/index.ts';
import { type FakeProvider, type ProviderAnswer, recordedAnswer } from '../../src/testing/index.ts';
import { readAll } from '../read-all.ts';
import { originOf } from './dialect-origin.ts';
import { clientFor } from './sdk-client.ts';
import type { ReplayedDialect } from './replayed-dialects.ts';
import type { SdkMajor } from './sdk-client.ts';
import { unaskedBody } from './unasked-body.ts';
import type OpenAI from 'openai';

/** A server that speaks one dialect, with a bare and a metered client of one SDK at it. */
export interface DialectExchange {
  readonly bare: OpenAI;
  readonly metered: OpenAI;
  /** What the server sends to those who ask for usage, and to those who do not. */
  readonly bodies: { readonly asked: string; readonly unasked: string };
  /** Where the next answers are cut into writes; the client gets each write as a read of its own. */
  splitAt(offsets: readonly number[]): void;
  /** How many bytes each write of the next answers has. */
  splitEvery(bytes: number): void;
  /** For each request so far, whether it asked for usage. */
  asked(): readonly boolean[];
  /** Ends the metering and gives every record it made. */
  records(): Promise<readonly UsageRecord[]>;
}

/**
 * Sets an exchange up at a running server, which it takes over.
 *
 * @param label - The answers' `content-type`, null for none; that of the dialect's form where it is left out.
 */
export function dialectExchange(
  provider: FakeProvider,
  major: SdkMajor,
  dialect: ReplayedDialect,
  label?: string | null,
): DialectExchange {
  const { baseURL, cutsRealUsage } = originOf(dialect);
  const { body: asked } = dialect;
  const isAdditive = dialect.form === 'sse' && dialect.asked && asksForUsage.has(dialect.surface);
  const bodies = { asked, unasked: isAdditive ? unaskedBody(asked, { realUsage: cutsRealUsage }) : asked };
  let delivery: { readonly splitAt?: readonly number[]; readonly splitEvery?: number } = {};

  provider.reset();
  provider.handle((request) => {
    const body = isAsking(request.body) ? bodies.asked : bodies.unasked;
    return labelled(recordedAnswer({ body, eventsPerWrite: 1e6, ...delivery }), label);
  });
  const store = memoryStore();
  const meter = createMeter({ store });
  return {
    bare: clientFor(major, baseURL, provider.baseURL),
    metered: meter.wrap(clientFor(major, baseURL, provider.baseURL)),
    bodies,
    splitAt(offsets) {
      delivery = { splitAt: offsets };
    },
    splitEvery(bytes) {
      delivery = { splitEvery: bytes };
    },
    asked: () => provider.requests.map(({ body }) => isAsking(body)),
    async records() {
      await meter.close();
      return readAll(store.records({}));
    },
  };
}

function labelled(answer: ProviderAnswer, label: string | null | undefined): ProviderAnswer {
  if (label === undefined) return answer;
  const headers = label === null ? {} : { 'content-type': label };
  return { render: async (...parts) => ({ ...(await answer.render(...parts)), headers }) };
}

/** The surfaces whose streams carry usage only for those who ask. */
const asksForUsage: ReadonlySet<string> = new Set(['chat', 'completions']);

function isAsking(body: Readonly<Record<string, unknown>> | undefined): boolean {
  const options = body?.['stream_options'] as { readonly include_usage?: unknown } | undefined;
  return options?.include_usage === true;
}
