import { expect, it } from 'vitest';
import { createLookByFirstByte } from '../../../src/capture/payloads/look-by-first-byte.ts';
import { recordingReader } from './recording-reader.ts';

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const text = 'data: {"choices":[{"delta":{"content":"Rhine"}}]}\n\n';
const report = `data: {"choices":[],"usage":${JSON.stringify(usage)}}\n\n`;
const asked = text.replace(']}', '],"usage":null}');
const starts = ['', ': a comment\n\n', 'event: x\n', 'id: 1\n', 'retry: 1\n'];
const kinds = [
  ...starts.map((start) => ({ what: `events behind "${start}"`, sent: start + asked + report, shown: start + text })),
  ...[`{"usage":${JSON.stringify(usage)}}`, `[{"usage":${JSON.stringify(usage)}}]`].map((document) => ({
    what: document.slice(0, 8),
    sent: document,
    shown: document,
  })),
];
const ahead = ['', '\uFEFF', '\n\n', ' \t\r\n', '\uFEFF\n'];

it.for(kinds.flatMap((kind) => ahead.flatMap((space) => [true, false].map((label) => ({ ...kind, space, label })))))(
  '$what, behind "$space", labelled as events: $label',
  ({ sent, shown, space, label }) => {
    const bytes = Buffer.from(space + sent);
    for (let cut = 1; cut < 40; cut += 1) {
      const reader = recordingReader();
      const answer = { reader, streamed: label };
      const look = createLookByFirstByte(answer, 'usage-only events');
      const output = [look.push(bytes.subarray(0, cut)), look.push(bytes.subarray(cut)), look.end()];
      look.settle();
      expect(Buffer.concat(output.filter((part) => part !== undefined)).toString()).toBe(space + shown);
      expect(answer.streamed).toBe(sent !== shown);
      expect(JSON.stringify(reader.seen)).toContain(JSON.stringify(usage));
    }
  },
);

it.for([true, false])('what shows nothing is what its label says: events: %s', (label) => {
  const answer = { reader: recordingReader(), streamed: label };
  const look = createLookByFirstByte(answer, 'usage-only events');
  for (const read of ['<html>', '', '</html>']) look.push(Buffer.from(read));
  look.end();
  look.settle();
  expect(answer.streamed).toBe(label);
});
