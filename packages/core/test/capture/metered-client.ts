import OpenAI from 'openai';
import { createMeter, memoryStore } from '../../src/index.ts';
import type { Meter, MeterError, MeterOptions, UsageRecord, UsageStore } from '../../src/index.ts';
import type { FakeProvider, FakeProviderOptions } from '../../src/testing/index.ts';
import { readAll } from '../read-all.ts';
import { startProvider } from '../testing/fake-provider-fixture.ts';

/** A wrapped client, its provider, and what its meter has recorded and reported. */
export interface MeteredClient {
  readonly openai: OpenAI;
  readonly provider: FakeProvider;
  readonly meter: Meter;
  readonly store: UsageStore;
  readonly errors: readonly MeterError[];
  /** Everything in the store, after a flush. */
  records(): Promise<readonly UsageRecord[]>;
}

/** What two processes share, and what one of them does its own way. */
export interface MeteredClientOptions extends Omit<MeterOptions, 'store'> {
  /** The base address the client believes in, for what depends on a known provider; its bytes go to the fake one. */
  readonly baseURL?: string;
  readonly provider?: FakeProvider | FakeProviderOptions;
  readonly store?: UsageStore;
}

export async function meteredClient(options: MeteredClientOptions = {}): Promise<MeteredClient> {
  const { baseURL, provider: given, store = memoryStore(), ...meterOptions } = options;
  const provider = given !== undefined && 'baseURL' in given ? given : await startProvider(given);
  const errors: MeterError[] = [];
  const meter = createMeter({ store, onError: (error) => errors.push(error), ...meterOptions });
  const target =
    baseURL === undefined ? { baseURL: provider.baseURL } : { baseURL, fetch: rerouted(baseURL, provider) };
  const openai = meter.wrap(new OpenAI({ ...target, apiKey: 'test', maxRetries: 0 }));
  return {
    openai,
    provider,
    meter,
    store,
    errors,
    async records() {
      await meter.flush();
      return (await readAll(store.records({}))).map(({ cursor: _, ...record }) => record);
    },
  };
}

/** A `fetch` that reaches the fake provider under another origin. */
function rerouted(baseURL: string, provider: FakeProvider): typeof fetch {
  const [from, to] = [new URL(baseURL).origin, new URL(provider.baseURL).origin];
  return (input, init) => fetch((input as string).replace(from, to), init);
}
