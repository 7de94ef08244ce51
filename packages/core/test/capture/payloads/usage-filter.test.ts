import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HidePolicy } from '../../../src/capture/endpoint/provider.ts';
import { createUsageFilter } from '../../../src/capture/payloads/usage-filter.ts';
import { recordingReader } from './recording-reader.ts';
import { parseEvents } from './sse-reference.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Runs a stream through a filter, cut into reads at the given places. */
function filtered(stream: string | Uint8Array, hide: HidePolicy, cuts: readonly number[] = []) {
  const bytes = typeof stream === 'string' ? encoder.encode(stream) : stream;
  const reader = recordingReader();
  const filter = createUsageFilter(reader, hide);
  const output: Uint8Array[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    if (cut <= from || cut > bytes.length) continue;
    const kept = filter.push(bytes.slice(from, cut));
    if (kept !== undefined) output.push(kept);
    from = cut;
  }
  const rest = filter.end();
  if (rest !== undefined) output.push(rest);
  const isDone = filter.settle();
  return { text: decoder.decode(Buffer.concat(output)), reader, isDone };
}

const everyCut = (text: string): number[][] =>
  Array.from({ length: encoder.encode(text).length - 1 }, (_, index) => [index + 1]);

const usageEvent =
  'data: {"id":"c","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}\n\n';

describe('what hiding takes out', () => {
  it.for([
    [
      'the event that holds only usage',
      `data: {"choices":[{"delta":{}}]}\n\n${usageEvent}data: [DONE]\n\n`,
      'data: {"choices":[{"delta":{}}]}\n\ndata: [DONE]\n\n',
    ],
    [
      'a null usage behind other members',
      'data: {"choices":[{}],"usage":null,"obfuscation":"aZ{\\"}"}\n\n',
      'data: {"choices":[{}],"obfuscation":"aZ{\\"}"}\n\n',
    ],
    ['a null usage in front', 'data: {"usage": null, "choices":[{}]}\n\n', 'data: { "choices":[{}]}\n\n'],
    [
      'a null usage at the end, with blanks',
      'data: {"choices":[{}] , "usage" : null }\n\n',
      'data: {"choices":[{}]  }\n\n',
    ],
    ['a usage of null that is the only member', 'data: {"usage":null}\n\n', 'data: {}\n\n'],
    ['with CR LF line ends', 'data: {"choices":[{}],"usage":null}\r\n\r\n', 'data: {"choices":[{}]}\r\n\r\n'],
    ['with CR line ends', 'data: {"choices":[{}],"usage":null}\r\r', 'data: {"choices":[{}]}\r\r'],
    ['without a space behind the colon', 'data:{"choices":[{}],"usage":null}\n\n', 'data:{"choices":[{}]}\n\n'],
    ['behind a byte order mark', '\uFEFFdata: {"choices":[{}],"usage":null}\n\n', 'data: {"choices":[{}]}\n\n'],
    [
      'from data spread over several lines',
      'data: {"choices":[{}],\ndata: "usage":null}\n\n',
      'data: {"choices":[{}]}\n\n',
    ],
    ['but not the comment inside the dropped event', `: keep me\n${usageEvent}`, ': keep me\n\n'],
    ['from a last event without its blank line', usageEvent.trimEnd(), ''],
    [
      'the event of a gateway that says null instead of an empty list',
      'data: {"object":"chat.completion.chunk","choices":null,"usage":{"total_tokens":5}}\n\ndata: [DONE]\n\n',
      'data: [DONE]\n\n',
    ],
    [
      'the chunk that has no list at all',
      'data: {"object":"text_completion","usage":{"total_tokens":5}}\n\ndata: [DONE]\n\n',
      'data: [DONE]\n\n',
    ],
    [
      'but not the error beside it',
      'data: {"choices":[],"error":{"code":502},"usage":{"total_tokens":5}}\n\n',
      'data: {"choices":[],"error":{"code":502}}\n\n',
    ],
    [
      'but not what was found in the prompt',
      'data: {"choices":[],"prompt_filter_results":[{}],"usage":{"total_tokens":0}}\n\n',
      'data: {"choices":[],"prompt_filter_results":[{}]}\n\n',
    ],
  ] as const)('%s', ([, stream, expected]) => {
    for (const cuts of [[], ...everyCut(stream)])
      expect(filtered(stream, 'usage-only events', cuts).text).toBe(expected);
  });
});

describe('a burst of many events in one read', () => {
  const text = 'data: {"id":"c","choices":[{"index":0,"delta":{"content":" water"}}],"obfuscation":"aZ{\\"}"}\n\n';
  const asked = text.replace(',"obfuscation"', ',"usage":null,"obfuscation"');
  const many = (event: string): string => event.repeat(40);
  const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

  it.for([
    ['what asking put into its events', '', ''],
    ['the report in its middle', usageEvent, ''],
    ['a null usage in front', 'data: {"usage":null,"choices":[{}]}\n\n', 'data: {"choices":[{}]}\n\n'],
    ['a null usage behind a blank', 'data: {"choices":[{}] ,"usage":null}\n\n', 'data: {"choices":[{}] }\n\n'],
    [
      'a null usage above another one',
      'data: {"x":[{"usage":null}],"usage":null}\n\n',
      'data: {"x":[{"usage":null}]}\n\n',
    ],
    [
      'from data spread over several lines',
      'data: {"choices":[{}],\ndata: "usage":null}\n\n',
      'data: {"choices":[{}]}\n\n',
    ],
    ['with CR LF line ends', 'data: {"choices":[{}],"usage":null}\r\n\r\n', 'data: {"choices":[{}]}\r\n\r\n'],
  ] as const)('loses %s', ([, odd, expected]) => {
    const stream = `${many(asked)}${odd}${many(asked)}data: [DONE]\n\n`;
    const rest = `${many(text)}${expected}${many(text)}data: [DONE]\n\n`;
    for (const cuts of [[], [100], [2100], [stream.length - 3], [3000, 7000]])
      expect(filtered(stream, 'usage-only events', cuts).text).toBe(rest);
  });

  it.for([
    ['a null usage below the top level', 'data: {"choices":[{"usage":null}],"x":{"index":0,"usage":null}}\n\n'],
    ['a null usage at the end of a member', 'data: {"x":{"index":0,"usage":null},"y":{}}\n\n'],
    ['the word at the end of a text', 'data: {"choices":[{"delta":{"content":"\\"usage"}}]}\n\n'],
    ['a name that ends with it', 'data: {"choices":[{}],"x\\"usage":null}\n\n'],
    ['a comment that looks like an event', ': {"choices":[{}],"usage":null}\n\n'],
    ['an event of another name', 'usage: {"choices":[{}],"usage":null}\n\n'],
    ['an event that is cut off', 'data: {"choices":[{}],"usage":null,"obfuscation":"a}\n\n'],
    ['an event of two lines that is cut off', 'data: {"x":[\ndata: {"index":0,"usage":null}\n\n'],
    ['an event that is no JSON', 'data: {"x":{"index":0,"usage":null},{}\n\n'],
    ['a real usage beside choices', 'data: {"choices":[{"finish_reason":"stop"}],"usage":{"total_tokens":5}}\n\n'],
  ] as const)('keeps %s', ([, odd]) => {
    const stream = `${many(asked)}${odd}${many(asked)}`;
    for (const cuts of [[], [100], [2100], [stream.length - 3], [3000, 7000]])
      expect(filtered(stream, 'usage-only events', cuts).text).toBe(`${many(text)}${odd}${many(text)}`);
  });

  it('keeps what looks like a report at its very beginning', () => {
    const odd = '"usage":{"total_tokens":5}\n\n';
    const filter = createUsageFilter(recordingReader(), 'usage-only events');
    // The first read is a sample and taken apart.
    filter.push(encoder.encode(asked));
    expect(decoder.decode(filter.push(encoder.encode(`${odd}${many(asked)}`)))).toBe(`${odd}${many(text)}`);
  });

  it('passes as the very read where nothing is to be taken out of it', () => {
    for (const [hide, event] of [
      ['usage-only events', text],
      ['nothing', asked],
    ] as const) {
      const read = encoder.encode(`${many(event)}data: [DONE]\n\n`);
      const filter = createUsageFilter(recordingReader(), hide);
      expect(filter.push(read)).toBe(read);
      expect(filter.settle()).toBe(true);
    }
  });

  it('is handed on in an array of its own where something was', () => {
    const read = encoder.encode(many(asked));
    const kept = createUsageFilter(recordingReader(), 'usage-only events').push(read);
    expect(kept?.buffer).not.toBe(read.buffer);
    expect(kept?.buffer.byteLength).toBe(many(text).length);
  });

  it.for(['nothing', 'usage-only events'] as const)('shows every report in it, hiding %s', (hide) => {
    const stream = `${many(asked)}${usageEvent}${many(asked)}${usageEvent}${many(text)}`;
    const seen = filtered(stream, hide).reader.seen as { usage?: unknown }[];
    expect(seen.map((report) => report.usage).filter(Boolean)).toEqual([usage, usage]);
  });

  it('shows the timings of llama.cpp near its end', () => {
    const timings = 'data: {"choices":[{"finish_reason":"stop"}],"timings":{"prompt_n":3,"predicted_n":2}}\n\n';
    const { seen } = filtered(`${many(text)}${timings}${text.repeat(12)}data: [DONE]\n\n`, 'nothing').reader;
    expect(seen).toContainEqual(expect.objectContaining({ timings: { prompt_n: 3, predicted_n: 2 } }));
  });

  it('has one of its events sampled, behind whatever comment comes first', () => {
    const sampled: unknown[] = [];
    const reader = { ...recordingReader(), sample: (payload: unknown) => void sampled.push(payload) };
    createUsageFilter(reader, 'nothing').push(encoder.encode(`: OPENROUTER PROCESSING\n\n${many(text)}${usageEvent}`));
    expect(sampled).toMatchObject([{ choices: [{ delta: { content: ' water' } }] }]);
  });
});

describe('what hiding leaves alone', () => {
  it.for([
    ['an event with empty choices and no usage', 'data: {"choices":[],"prompt_filter_results":[{}]}\n\n'],
    ['a real usage beside choices', 'data: {"choices":[{"finish_reason":"stop"}],"usage":{"total_tokens":5}}\n\n'],
    ['a null usage below the top level', 'data: {"choices":[{"usage":null}],"x":{"usage":null}}\n\n'],
    ['an event of another kind that has no choices', 'data: {"type":"x","usage":{"total_tokens":5}}\n\n'],
    ['the word in a text', 'data: {"choices":[{"delta":{"content":"\\"usage\\":null"}}]}\n\n'],
    ['the word as a value', 'data: {"choices":[{"delta":{"content":"usage"}}]}\n\n'],
    ['text that is not JSON', 'data: "usage":null oops\n\n'],
    ['comments and blank lines', ': OPENROUTER PROCESSING\n\n\n\ndata: {"choices":[{}]}\n\n'],
    ['an end mark', 'data: [DONE]\n\n'],
  ] as const)('%s', ([, stream]) => {
    for (const cuts of [[], ...everyCut(stream)]) expect(filtered(stream, 'usage-only events', cuts).text).toBe(stream);
  });

  it('every byte, where nothing is to be hidden', () => {
    const stream = `data: {"choices":[{}],"usage":null}\n\n${usageEvent}`;
    expect(filtered(stream, 'nothing', [7, 50]).text).toBe(stream);
  });

  it('an event too long to be ours, in constant memory and linear time', () => {
    const image = 'A'.repeat(5 * 1024 * 1024);
    const stream = `data: {"type":"response.completed","response":{"output":"${image}","usage":{"input_tokens":4,"output_tokens":2}}}\n\n`;
    const cuts = Array.from({ length: 80 }, (_, index) => (index + 1) * 65_536);
    const { text, reader } = filtered(stream, 'usage-only events', cuts);
    expect(text === stream).toBe(true);
    expect(reader.seen).toEqual([{ usage: { input_tokens: 4, output_tokens: 2 } }]);
  });

  it.for([65_536, 1000].flatMap((size) => [60, 200, 3000].map((kilobytes) => [kilobytes, size] as const)))(
    'a usage with %i kB behind it in an event too long to be ours, in reads of %i',
    ([kilobytes, size]) => {
      const usage = { input_tokens: 4, output_tokens: 2 };
      const rest = { instructions: 'é'.repeat(kilobytes * 500), debug: { usage: [] } };
      const response = { output: 'A'.repeat(100_000), usage, ...rest };
      const stream = `data: ${JSON.stringify({ type: 'response.completed', response })}\n\n`;
      const { reader, text } = filtered(
        stream,
        'usage-only events',
        Array.from({ length: 4000 }, (_, at) => at * size),
      );
      expect(text === stream).toBe(true);
      expect(new Set(reader.seen.map((seen) => JSON.stringify(seen)))).toEqual(new Set([JSON.stringify({ usage })]));
    },
  );

  it('a usage ahead of all else in an event too long to be ours, wherever that is cut', () => {
    const usage = { input_tokens: 4, output_tokens: 2 };
    const stream = `data: ${JSON.stringify({ response: { usage, output: 'A'.repeat(140_000) } })}\n\n`;
    for (let cut = 65_500; cut < 65_700; cut += 1) {
      const { reader } = filtered(stream, 'usage-only events', [cut, cut + 65_536]);
      expect(reader.seen, `cut at ${cut}`).toContainEqual({ usage });
    }
  });
});

describe('what the reader is shown', () => {
  it('holds every usage report, wherever the reads are cut', () => {
    for (const cuts of [[], ...everyCut(usageEvent)]) {
      const { reader } = filtered(usageEvent, 'usage-only events', cuts);
      expect(reader.seen).toContainEqual(
        expect.objectContaining({ usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } }),
      );
    }
  });

  it('takes real usage off content chunks where the provider adds it only when asked', () => {
    const { text, reader } = filtered(
      'data: {"choices":[{"finish_reason":"stop"}],"usage":{"total_tokens":5}}\n\n',
      'all usage',
    );
    expect(text).toBe('data: {"choices":[{"finish_reason":"stop"}]}\n\n');
    expect(reader.hasUsage).toBe(true);
  });

  it.for([
    ['event: error\ndata: {"code":529}\n\n', { code: 529, type: 'error' }],
    ['event:error\r\ndata: overloaded\r\n\r\n', { type: 'error' }],
    ['event: errors\ndata: {"code":529}\n\n', { code: 529 }],
  ] as const)('tells an error by the name of its event alone: %j', ([event, seen]) => {
    expect(filtered(`data: {"choices":[{}]}\n\n${event}`, 'nothing').reader.seen.at(-1)).toEqual(seen);
  });

  it('tells the end mark', () => {
    expect(filtered('data: {"choices":[{}]}\n\ndata: [DONE]\n\n', 'nothing').isDone).toBe(true);
    expect(filtered('data: {"choices":[{}]}\n\n', 'nothing').isDone).toBe(false);
  });

  it('remembers an end mark of the first reads, whatever comes behind it', () => {
    const filter = createUsageFilter(recordingReader(), 'nothing');
    filter.push(encoder.encode('data: [DONE]\n\n'));
    // Too long to be kept: one of them is parsed as a sample, after what was kept.
    const event = encoder.encode(`data: {"choices":[{"delta":{"content":"${'a word '.repeat(100)}"}}]}\n\n`);
    for (let read = 0; read < 40; read += 1) filter.push(event);
    expect(filter.settle()).toBe(true);
  });

  it('shows reads of the middle where the stream ends without usage, as samples between its two ends', () => {
    const sampled: number[] = [];
    const reader = {
      ...recordingReader(),
      sample: (payload: unknown) => void sampled.push((payload as { n: number }).n),
    };
    const filter = createUsageFilter(reader, 'nothing');
    for (let n = 1; n <= 1000; n += 1) {
      filter.push(encoder.encode(`data: {"n":${n},"choices":[{"delta":{"content":"${'word '.repeat(40)}"}}]}\n\n`));
    }
    expect(sampled).toEqual([]);
    filter.settle();
    expect(sampled.slice(0, 4)).toEqual([1, 2, 3, 4]);
    expect(sampled).toEqual(expect.arrayContaining([256, 512, 768, 1000]));
    expect(sampled.length).toBeLessThan(16);
  });
});

describe('random traffic', () => {
  const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
  const member = fc.oneof(
    fc
      .tuple(fc.constantFrom('"id"', '"object"', '"x_usage"', '"obfuscation"'), fc.json({ maxDepth: 2 }))
      .map(([name, value]) => `${name}:${value}`),
    fc.constant('"choices":[{"delta":{"content":"\\"usage\\":null {[,"},"usage":null}]'),
  );
  const payload = fc
    .tuple(
      fc.array(member, { maxLength: 3 }),
      fc.constantFrom('', '"usage":null', '"usage" : null', 'ours'),
      fc.nat(3),
      fc.boolean(),
    )
    .map(([members, usage, at, spaced]) => {
      if (usage === 'ours')
        return '{"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}';
      const all = [...members];
      if (usage !== '') all.splice(Math.min(at, all.length), 0, usage);
      return `{${all.join(spaced ? ' , ' : ',')}}`;
    });
  const event = fc.tuple(
    fc.oneof(payload, fc.constantFrom('[DONE]', 'oops', '')),
    fc.constantFrom('', ': comment', 'event: x', 'id: 7', 'retry: 10'),
    fc.boolean(),
    lineEnd,
    fc.constantFrom('data: ', 'data:'),
  );
  const traffic = fc.record({
    events: fc.array(event, { maxLength: 8 }),
    cuts: fc.array(fc.nat(900), { maxLength: 12 }),
    bom: fc.boolean(),
  });

  const render = (events: readonly (typeof event extends fc.Arbitrary<infer T> ? T : never)[], bom: boolean): string =>
    (bom ? '\uFEFF' : '') +
    events
      .map(([data, extra, before, end, prefix]) => {
        const line = `${prefix}${data}${end}`;
        const other = extra === '' ? '' : `${extra}${end}`;
        return (before ? other + line : line + other) + end;
      })
      .join('');

  /** What a bare host would have seen from a provider that was not asked. */
  const unasked = (data: string): string | undefined => {
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch {
      return data;
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return data;
    const { usage, ...rest } = value as { usage?: unknown; choices?: unknown };
    if (usage === undefined) return data;
    if (usage === null) return JSON.stringify(rest);
    return Array.isArray(rest.choices) && rest.choices.length === 0 ? undefined : data;
  };
  const canonical = (data: string): string => {
    try {
      return JSON.stringify(JSON.parse(data));
    } catch {
      return data;
    }
  };

  it('reads, after hiding, as a stream that was never asked for usage', () => {
    fc.assert(
      fc.property(traffic, ({ events, cuts, bom }) => {
        const stream = render(events, bom);
        const { text } = filtered(
          stream,
          'usage-only events',
          [...cuts].toSorted((a, b) => a - b),
        );
        const expected = parseEvents(encoder.encode(stream)).flatMap(({ event: name, data }) => {
          const kept = unasked(data);
          return kept === undefined ? [] : [{ event: name, data: canonical(kept) }];
        });
        expect(parseEvents(encoder.encode(text)).map((seen) => ({ ...seen, data: canonical(seen.data) }))).toEqual(
          expected,
        );
      }),
      { numRuns: 10_000 },
    );
  });

  it('makes of a burst what it makes of the same events one by one', () => {
    const quiet = fc.constantFrom(
      'data: {"id":"c","choices":[{"index":0,"delta":{"content":"a word"}}],"usage":null}\n\n',
      'data: {"id":"c","choices":[{"delta":{}}],"usage":null,"obfuscation":"{[\\"}"}\n\n',
      'data: {"id":"c","choices":[{"delta":{}}]}\n\n',
      ': comment\n\n',
    );
    const odd = event.map((one) => render([one], false));
    const burst = fc
      .array(fc.oneof({ weight: 8, arbitrary: quiet }, { weight: 1, arbitrary: odd }), { minLength: 40, maxLength: 80 })
      .map((events) => events.map((one, at) => one.replace('"total_tokens":2', `"total_tokens":${at}`)));
    const hide = fc.constantFrom('nothing', 'usage-only events', 'all usage');
    fc.assert(
      fc.property(burst, fc.array(fc.nat(6000), { maxLength: 3 }), hide, (events, places, what) => {
        const inBursts = places.toSorted((a, b) => a - b);
        let at = 0;
        const oneByOne = events.map((one) => (at += encoder.encode(one).length));
        const [together, alone] = [inBursts, oneByOne].map((cuts) => {
          const { text, reader } = filtered(events.join(''), what, cuts);
          const reports = (reader.seen as { usage?: unknown }[]).filter(({ usage }) => usage);
          // What is kept of the two ends is shown again.
          return { text, reports: new Set(reports.map((report) => JSON.stringify(report))) };
        });
        expect(together).toEqual(alone);
      }),
      { numRuns: 400 },
    );
  });

  it('passes byte for byte where nothing is hidden', () => {
    fc.assert(
      fc.property(traffic, ({ events, cuts, bom }) => {
        const stream = render(events, bom);
        expect(
          filtered(
            stream,
            'nothing',
            [...cuts].toSorted((a, b) => a - b),
          ).text,
        ).toBe(decoder.decode(encoder.encode(stream)));
      }),
      { numRuns: 2000 },
    );
  });
});
