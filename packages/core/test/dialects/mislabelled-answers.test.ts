import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeProvider, fakeProvider } from '../../src/testing/index.ts';
import { dialectExchange } from './dialect-exchange.ts';
import { dialectPartOf, expectedRecord } from './expected-record.ts';
import { readBytes, readParsed, readText } from './host-view.ts';
import { replayedDialects } from './replayed-dialects.ts';
import type { ReplayedDialect } from './replayed-dialects.ts';
import { sdkMajors } from './sdk-client.ts';
import { everyPosition } from './split-positions.ts';

const isFull = process.env['KILOTOKEN_FULL'] === '1';
const timeout = isFull ? 900_000 : 30_000;

const named = (name: string, form: string): ReplayedDialect => {
  const dialect = replayedDialects.find((one) => one.name === name && one.form === form);
  if (dialect === undefined) throw new Error(`no dialect ${name} as ${form}`);
  return dialect;
};
const events = [named('openai', 'sse'), named('openrouter', 'sse'), named('openai-responses', 'sse')];
const documents = [named('openai', 'json'), named('openai-responses', 'json')];
const error: ReplayedDialect = {
  ...named('openai', 'json'),
  name: 'an error',
  body: '\n{"error":{"message":"no","code":500}}',
};

let provider: FakeProvider;
beforeAll(async () => {
  provider = await fakeProvider();
});
afterAll(() => provider.close());

/** Where it shows what an answer is, or is not seen yet. */
const firstPositions = [1, 2, 3, 4, 5, 6, 7];
const labels = ['application/json', 'application/json; charset=utf-8', 'text/plain', 'text/event-stream', null];
const asking = [false, true];

describe.for(sdkMajors)('to a client of $name that asks for a stream', { timeout }, (major) => {
  const streams = events.flatMap((dialect) =>
    labels.flatMap((label) => asking.map((asks) => ({ dialect, name: dialect.name, label, asks }))),
  );

  it.for(streams)('events of $name labelled $label are what they are, asked for usage: $asks', (one) =>
    expectSame(one.dialect, one.label, one.asks, expectedRecord(one.dialect)),
  );

  const plain = documents.flatMap((dialect) =>
    labels.flatMap((label) => asking.map((asks) => ({ dialect, name: dialect.name, label, asks }))),
  );

  it.for(plain)('a document of $name labelled $label is what it is, asked for usage: $asks', (one) =>
    // Nothing is taken out of what was not asked for.
    expectSame({ ...one.dialect, form: 'sse', asked: false }, one.label, one.asks, expectedRecord(one.dialect)),
  );

  it.for(labels)('an error labelled %s is one', (label) =>
    expectSame({ ...error, form: 'sse', asked: false }, label, false, { outcome: 'failed', streamed: false }),
  );

  async function expectSame(dialect: ReplayedDialect, label: string | null, asks: boolean, expected: object) {
    const exchange = dialectExchange(provider, major, dialect, label);
    const { bare, metered, bodies } = exchange;
    const seen = asks ? bodies.asked : bodies.unasked;
    const parsed = await readParsed(bare, dialect, asks);
    for (const position of isFull ? everyPosition(bodies.asked) : firstPositions) {
      exchange.splitAt([position]);
      expect(await readParsed(metered, dialect, asks), `cut at byte ${position}`).toEqual(parsed);
      if (!firstPositions.includes(position)) continue;
      expect(await readBytes(metered, dialect, asks), `cut at byte ${position}`).toBe(seen);
      expect(await readText(metered, dialect, asks), `cut at byte ${position}`).toBe(seen);
    }
    exchange.splitEvery(isFull ? 1 : 7);
    expect(await readParsed(metered, dialect, asks)).toEqual(parsed);
    expect(await readBytes(metered, dialect, asks)).toBe(seen);
    const records = await exchange.records();
    expect(records).toHaveLength(exchange.asked().length - 1);
    for (const record of records) expect(dialectPartOf(record)).toMatchObject(expected);
  }
});
