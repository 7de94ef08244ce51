import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createAnswerReading } from '../../src/normalize/answer-reader.ts';
import { tokenUsageFields } from '../../src/normalize/token-usage.ts';
import type { TokenUsage } from '../../src/normalize/token-usage.ts';
import { parseEvents } from '../capture/payloads/sse-reference.ts';
import { dialects } from './dialect-fixtures.ts';

describe('a provider dialect', () => {
  it.for(dialects)('$name ($form) gives the expected counts', ({ form, path, expected, audioSeconds }) => {
    const reading = createAnswerReading();
    for (const payload of payloadsOf(form, readFileSync(path))) reading.see(payload);

    expect(zeroWhereUnknown(reading.report?.tokens ?? {})).toEqual({
      ...zeroWhereUnknown({}),
      ...expected,
      ...(audioSeconds === undefined ? {} : { audioSeconds }),
    });
  });
});

function payloadsOf(form: 'sse' | 'json', body: Buffer): unknown[] {
  if (form === 'json') return [JSON.parse(body.toString())];
  return parseEvents(body).flatMap(({ data }) => (data === '[DONE]' || data === '' ? [] : [JSON.parse(data)]));
}

/** The expectations write 0 for a part that was not sent. */
function zeroWhereUnknown(tokens: TokenUsage): Record<string, number> {
  return Object.fromEntries(tokenUsageFields.map((field) => [field, tokens[field] ?? 0]));
}
