import type { TokenUsage } from '../../src/index.ts';
import type { ReplayedDialect } from './replayed-dialects.ts';

/** Chat streams in shapes that the recorded dialects do not have; all of them must pass by rule. */
export const rareDialects: readonly ReplayedDialect[] = [
  // Seen at Cloudflare's gateway: whoever takes the last report bills nothing.
  rare('cloudflare', {
    asked: false,
    events: [said('Hum'), finished(counts(12, 7)), finished(counts(0, 0)), '[DONE]'],
    expected: counted(12, 7),
  }),
  // vLLM with a server flag: the counts grow with every chunk, and the last one stands alone.
  rare('vllm-continuous', {
    events: [
      said('Hum', counts(12, 1)),
      said(' hm', counts(12, 2)),
      finished(counts(12, 3)),
      total(counts(12, 3)),
      '[DONE]',
    ],
    expected: counted(12, 3),
  }),
  // Moonshot, asked: the report within the choice and once more on its own.
  rare('moonshot-asked', {
    events: [
      said('Hum'),
      `{"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":${counts(12, 7)}}]}`,
      total(counts(12, 7)),
      '[DONE]',
    ],
    expected: counted(12, 7),
  }),
  rare('counts-in-strings', {
    events: [
      said('Hum', 'null'),
      finished('null'),
      total('{"prompt_tokens":"12","completion_tokens":"7","total_tokens":"19"}'),
      '[DONE]',
    ],
    expected: counted(12, 7),
  }),
  // Avian writes blanks; a first member has its comma behind it.
  rare('blanks-and-first-member', {
    events: [
      '{ "usage" : null , "choices": [ { "index": 0, "delta": { "content": "\\"usage\\": null" } } ] }',
      '{"usage":null,"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
      `{"choices": [], "usage": ${counts(12, 7)}}`,
      '[DONE]',
    ],
    expected: counted(12, 7),
  }),
  rare('carriage-returns', {
    lineEnd: '\r',
    events: [said('Hum', 'null'), finished('null'), total(counts(12, 7)), '[DONE]'],
    expected: counted(12, 7),
  }),
  rare('byte-order-mark', {
    start: '\uFEFF',
    events: [said('Hum', 'null'), finished('null'), total(counts(12, 7)), '[DONE]'],
    expected: counted(12, 7),
  }),
  // The usage is read in every major, also where openai 4 to 6 do not hand the last chunk on.
  rare('no-done-no-blank', {
    events: [said('Hum', 'null'), finished('null'), total(counts(12, 7))],
    expected: counted(12, 7),
    end: '',
  }),
  rare('wide-characters', {
    events: [said('Медь \u{1F3BA} 水', 'null'), finished('null'), total(counts(12, 7)), '[DONE]'],
    expected: counted(12, 7),
  }),
  // Long enough that not every event of it is looked at.
  rare('llamacpp-long', {
    asked: false,
    events: [
      ...Array.from({ length: 40 }, (_, index) => said(` hum ${index}`)),
      '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"timings":{"cache_n":8,"prompt_n":4,"predicted_n":7}}',
      '[DONE]',
    ],
    expected: { ...counted(12, 7), cacheReadInputTokens: 8 },
  }),
  rare('long', {
    events: [
      ...Array.from({ length: 40 }, (_, index) => said(` hum ${index}`, 'null')),
      finished('null'),
      total(counts(12, 7)),
      '[DONE]',
    ],
    expected: counted(12, 7),
  }),
];

interface Shape {
  readonly events: readonly string[];
  readonly expected: TokenUsage;
  /** Default true: the body is what comes where usage was asked for. */
  readonly asked?: boolean;
  readonly lineEnd?: string;
  /** Before the first event. */
  readonly start?: string;
  /** Behind the last event; default an empty line. */
  readonly end?: string;
}

function rare(
  name: string,
  { events, expected, asked = true, lineEnd = '\n', start = '', end }: Shape,
): ReplayedDialect {
  const border = lineEnd + lineEnd;
  const body = start + events.map((data) => `data: ${data}`).join(border) + (end ?? border);
  const facts = { surface: 'chat', form: 'sse', sdkThrows: false, audioSeconds: undefined, cost: undefined } as const;
  return { name, ...facts, asked, expected, body };
}

function said(text: string, usage?: string): string {
  return chunk(`[{"index":0,"delta":{"content":${JSON.stringify(text)}},"finish_reason":null}]`, usage);
}

function finished(usage?: string): string {
  return chunk('[{"index":0,"delta":{},"finish_reason":"stop"}]', usage);
}

function total(usage: string): string {
  return chunk('[]', usage);
}

function chunk(choices: string, usage?: string): string {
  const member = usage === undefined ? '' : `,"usage":${usage}`;
  return `{"id":"c1","object":"chat.completion.chunk","created":1794000000,"model":"m","choices":${choices}${member}}`;
}

function counts(input: number, output: number): string {
  return `{"prompt_tokens":${input},"completion_tokens":${output},"total_tokens":${input + output}}`;
}

function counted(inputTokens: number, outputTokens: number): TokenUsage {
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}
