import { describe, expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../src/index.ts';

const meter = createMeter({ store: memoryStore() });
const turn = meter.track({ userId: 'u1' });
const [name, handle] = Object.entries(turn.options.headers)[0] ?? ['', ''];

/** The headers of options, as a request sends them. */
const sent = (options: object): Record<string, string> =>
  Object.fromEntries(new Headers((options as { headers: RequestInit['headers'] }).headers ?? {}));

/** Headers of another make than the runtime's, as node-fetch and undici have them. */
class OtherHeaders {
  *[Symbol.iterator](): Iterator<[string, string]> {
    yield ['x-own', 'kept'];
  }
}

describe('turn.with keeps the headers of the host', () => {
  it.for<[what: string, headers: unknown]>([
    ['an object', { 'x-own': 'kept' }],
    ['pairs', [['x-own', 'kept']]],
    ['Headers', new Headers({ 'x-own': 'kept' })],
    ['Headers of another make', new OtherHeaders()],
    ['a Map', new Map([['x-own', 'kept']])],
  ])('given as %s', ([, headers]) => {
    const options = Object.freeze({ headers, timeout: 5 });
    expect(turn.with(options)).toMatchObject({ timeout: 5 });
    expect(sent(turn.with(options))).toEqual({ 'x-own': 'kept', [name]: handle });
    // Of another turn's options: the latest counts, and it alone.
    const other = meter.track({ userId: 'u2' });
    expect(sent(turn.with(other.with(options)))).toEqual({ 'x-own': 'kept', [name]: handle });
  });

  it.for([undefined, null, {}, []])('where there are none: %j', (headers) => {
    expect(sent(turn.with({ headers }))).toEqual({ [name]: handle });
  });

  it('and replaces a turn under a name in other letters', () => {
    expect(sent(turn.with({ headers: { [name.toUpperCase()]: 'other' } }))).toEqual({ [name]: handle });
  });

  it('and the ones that are to be left out', () => {
    expect(turn.with({ headers: { 'x-none': null } }).headers).toEqual({ 'x-none': null, [name]: handle });
  });
});
