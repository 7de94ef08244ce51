import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createKeptReads } from '../../../src/capture/payloads/kept-reads.ts';
import { recordingReader } from './recording-reader.ts';

const eventBytes = 40;
const eventOf = (number: number): string => `data: {"number":${number}}`.padEnd(eventBytes - 2) + '\n\n';
const streamOf = (count: number): Uint8Array =>
  new TextEncoder().encode(Array.from({ length: count }, (_, at) => eventOf(at)).join(''));

/** The numbers of the events that are shown of a stream in reads of these lengths, one after the other. */
function shownOf(count: number, lengths: readonly number[], areClean: boolean): number[] {
  const reader = recordingReader();
  const kept = createKeptReads(reader);
  const bytes = streamOf(count);
  for (let from = 0, at = 0; from < bytes.length; at += 1) {
    const end = Math.min(bytes.length, from + (lengths[at % lengths.length] ?? 1));
    kept.see(bytes.slice(from, end), areClean);
    from = end;
  }
  kept.show(false);
  return reader.seen.map((payload) => (payload as { readonly number: number }).number);
}

const upTo = (count: number, length: number): number[] => Array.from({ length }, (_, at) => count - length + at);

it('the end of a stream is kept in one piece, however short its reads are', () => {
  fc.assert(
    fc.property(fc.integer({ min: 30, max: 60 }), lengthsOf(1), (count, lengths) => {
      const shown = shownOf(count, lengths, false);
      expect(shown).toEqual(upTo(count, shown.length));
      // Three places of 256 bytes and one that is being filled, without the event that the first byte is in the middle of.
      expect(shown.length).toBeGreaterThanOrEqual(Math.floor((3 * 256) / eventBytes) - 1);
    }),
  );
});

it('the end of a stream in reads of whole events is shown last and in order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 30, max: 90 }), lengthsOf(eventBytes), (count, lengths) => {
      expect(shownOf(count, lengths, true).slice(-18)).toEqual(upTo(count, 18));
    }),
  );
});

function lengthsOf(unit: number): fc.Arbitrary<number[]> {
  return fc
    .array(fc.integer({ min: 1, max: Math.floor(300 / unit) }), { minLength: 1, maxLength: 8 })
    .map((lengths) => lengths.map((length) => length * unit));
}
