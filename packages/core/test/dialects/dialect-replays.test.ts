import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeProvider, fakeProvider } from '../../src/testing/index.ts';
import { dialectExchange } from './dialect-exchange.ts';
import { originOf } from './dialect-origin.ts';
import { dialectPartOf, expectedRecord } from './expected-record.ts';
import { readBytes, readParsed, readText } from './host-view.ts';
import { replayedDialects } from './replayed-dialects.ts';
import { sdkMajors } from './sdk-client.ts';

const metered = replayedDialects.filter(({ surface }) => surface !== 'generation');
const lookups = replayedDialects.filter(({ surface }) => surface === 'generation');

let provider: FakeProvider;
beforeAll(async () => {
  provider = await fakeProvider();
});
afterAll(() => provider.close());

describe.for(sdkMajors)('a metered client of $name', (major) => {
  it.for(metered)('shows an app that did not ask $name ($form) what a bare client shows it', async (dialect) => {
    const exchange = dialectExchange(provider, major, dialect);
    const { bare, metered: client, bodies } = exchange;
    const isCompletion = dialect.surface === 'chat' || dialect.surface === 'completions';

    expect(await readParsed(client, dialect, false)).toEqual(await readParsed(bare, dialect, false));
    expect(await readBytes(client, dialect, false)).toBe(bodies.unasked);
    expect(await readText(client, dialect, false)).toBe(await readText(bare, dialect, false));
    const isAsked = dialect.form === 'sse' && isCompletion && originOf(dialect).isAsked;
    expect(exchange.asked()).toEqual([isAsked, false, isAsked, isAsked, false]);
    const records = await exchange.records();
    const expected = expectedRecord(dialect);
    expect(records.map(dialectPartOf)).toEqual([expected, expected, expected]);
  });

  const askable = metered.filter(({ form, surface }) => form === 'sse' && ['chat', 'completions'].includes(surface));
  it.for(askable)('shows an app that asked $name for usage every byte of it', async (dialect) => {
    const exchange = dialectExchange(provider, major, dialect);
    const { bare, metered: client, bodies } = exchange;

    expect(await readParsed(client, dialect, true)).toEqual(await readParsed(bare, dialect, true));
    expect(await readBytes(client, dialect, true)).toBe(bodies.asked);
    expect(await readText(client, dialect, true)).toBe(await readText(bare, dialect, true));
    const records = await exchange.records();
    const expected = expectedRecord(dialect);
    expect(records.map(dialectPartOf)).toEqual([expected, expected, expected]);
  });

  it.for(replayedDialects.filter(({ sdkThrows }) => sdkThrows))(
    'throws at $name as a bare client does',
    async (dialect) => {
      const exchange = dialectExchange(provider, major, dialect);
      const seen = await readParsed(exchange.metered, dialect, false);

      expect(seen.error).toMatchObject({ class: major.Client.APIError });
      expect(seen).toEqual(await readParsed(exchange.bare, dialect, false));
      await exchange.records();
    },
  );

  it.for(lookups)('passes $name on and records nothing', async (dialect) => {
    const exchange = dialectExchange(provider, major, dialect);
    expect(await readParsed(exchange.metered, dialect, false)).toEqual(await readParsed(exchange.bare, dialect, false));
    expect(await exchange.records()).toEqual([]);
  });
});
