import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeProvider, fakeProvider } from '../../src/testing/index.ts';
import { dialectExchange } from './dialect-exchange.ts';
import type { DialectExchange } from './dialect-exchange.ts';
import { dialectPartOf, expectedRecord } from './expected-record.ts';
import { readBytes, readParsed } from './host-view.ts';
import { replayedDialects } from './replayed-dialects.ts';
import type { ReplayedDialect } from './replayed-dialects.ts';
import { sdkMajors } from './sdk-client.ts';
import type { SdkMajor } from './sdk-client.ts';
import { everyPosition, telltalePositions } from './split-positions.ts';

/** All cuts with `npm run test:full`, some hundred thousand calls; else those most likely to matter. */
const isFull = process.env['KILOTOKEN_FULL'] === '1';
const timeoutMs = isFull ? 900_000 : 30_000;

const streamed = replayedDialects.filter(({ form }) => form === 'sse');
const plain = replayedDialects.filter(({ form, surface }) => form === 'json' && surface !== 'generation');

let provider: FakeProvider;
beforeAll(async () => {
  provider = await fakeProvider();
});
afterAll(() => provider.close());

describe.for(sdkMajors)('a metered client of $name', (major) => {
  const modesOf = ({ surface }: ReplayedDialect): boolean[] =>
    ['chat', 'completions'].includes(surface) ? [false, true] : [false];
  const streams = streamed.flatMap((dialect) =>
    modesOf(dialect).map((asks) => ({ name: dialect.name, who: asks ? 'asks' : 'does not ask', dialect, asks })),
  );

  it.for(streams)(
    'shows an app that $who the same of $name wherever the stream is cut',
    { timeout: timeoutMs },
    ({ dialect, asks }) => expectSameWhereverCut(major, dialect, asks),
  );

  it.for(plain)(
    'shows an app the same of a plain answer of $name wherever it is cut',
    { timeout: timeoutMs },
    (dialect) => expectSameWhereverCut(major, dialect, false),
  );

  it.for(streams)(
    'shows an app that $who the same of $name in small pieces',
    { timeout: timeoutMs },
    async ({ dialect, asks }) => {
      const exchange = dialectExchange(provider, major, dialect);
      const { bare, metered, bodies } = exchange;
      const expected = await readParsed(bare, dialect, asks);
      for (const bytes of isFull ? [1, 2, 3, 7, 61] : [61]) {
        exchange.splitEvery(bytes);
        expect(await readParsed(metered, dialect, asks)).toEqual(expected);
        expect(await readBytes(metered, dialect, asks)).toBe(asks ? bodies.asked : bodies.unasked);
      }
      await expectRecords(exchange, dialect);
    },
  );
});

async function expectSameWhereverCut(major: SdkMajor, dialect: ReplayedDialect, asks: boolean): Promise<void> {
  const exchange = dialectExchange(provider, major, dialect);
  const { bare, metered, bodies } = exchange;
  const expected = await readParsed(bare, dialect, asks);
  // Where metering asks, the body is the asked one, which has all places of the other and more.
  const telltale = telltalePositions(bodies.asked);
  // Else the majors share them, so that all are tried by one.
  const share = telltale.filter((_, index) => index % sdkMajors.length === sdkMajors.indexOf(major));
  for (const position of isFull ? everyPosition(bodies.asked) : share) {
    exchange.splitAt([position]);
    expect(await readParsed(metered, dialect, asks), `cut at byte ${position}`).toEqual(expected);
    if (!telltale.includes(position)) continue;
    expect(await readBytes(metered, dialect, asks), `cut at byte ${position}`).toBe(
      asks ? bodies.asked : bodies.unasked,
    );
  }
  await expectRecords(exchange, dialect);
}

/** One record per call of the metered client (all calls but the bare client's one), each with the same usage. */
async function expectRecords(exchange: DialectExchange, dialect: ReplayedDialect): Promise<void> {
  const records = await exchange.records();
  expect(records).toHaveLength(exchange.asked().length - 1);
  const expected = expectedRecord(dialect);
  for (const record of records) expect(dialectPartOf(record)).toEqual(expected);
}
