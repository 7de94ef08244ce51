import type { TokenUsage } from '../../src/index.ts';
import type { ReplayedDialect } from './replayed-dialects.ts';

/** Answers in shapes that the recorded dialects do not have; all of them must pass by rule. */
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
  // Poolside and Hugging Face's router: the counts grow with every chunk, and the last one has null (cline/cline#12282,
  // 2026-07-14).
  rare('growing-then-null', {
    events: [
      said('Hum', counts(12, 1)),
      said(' hm', counts(12, 2)),
      finished(counts(12, 3)),
      finished('null'),
      '[DONE]',
    ],
    expected: counted(12, 3),
  }),
  // OpenCode's gateway: chunks without choices, some without a name, and the cost in one of its own
  // (anomalyco/opencode#42918, 2026-08-16).
  rare('chunks-of-nothing', {
    events: [
      chunk('[]'),
      '{"id":"","object":"chat.completion.chunk","created":0,"model":"","choices":[]}',
      said('Hum'),
      finished(),
      total(counts(12, 7)),
      '{"choices":[],"cost":"0"}',
      '[DONE]',
    ],
    expected: counted(12, 7),
  }),
  // Mistral's Voxtral counts audio beside the prompt (a live turn in the tests of rig, read 2026-11-30).
  rare('audio-beside-the-prompt', {
    asked: false,
    events: [
      said('Hum'),
      finished(
        '{"prompt_audio_seconds":0,"prompt_tokens":6,"completion_tokens":2,"total_tokens":383,' +
          '"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":375}}',
      ),
      '[DONE]',
    ],
    expected: { ...counted(381, 2), audioInputTokens: 375 },
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
  // docs.x.ai/developers/cost-tracking, read 2026-11-30: what an image cost, in ten-billionths of a dollar, and no tokens.
  plain('cost-alone', 'images', {
    answer: {
      created: 1794000000,
      data: [{ url: 'http://images.example/1' }],
      usage: { cost_in_usd_ticks: 200_000_000 },
    },
    expected: {},
    cost: 0.02,
  }),
  // docs.voyageai.com/reference/embeddings-api, read 2026-11-30.
  plain('total-alone', 'embeddings', {
    answer: { object: 'list', data: [], model: 'voyage-4', usage: { total_tokens: 10 } },
    expected: { inputTokens: 10, totalTokens: 10 },
  }),
  // docs.mistral.ai/api/endpoint/audio/transcriptions, read 2026-11-30: audio is in the total alone.
  plain('seconds-and-tokens', 'audio', {
    answer: {
      model: 'voxtral-mini-2602',
      text: 'Hum',
      usage: { prompt_audio_seconds: 203, prompt_tokens: 4, total_tokens: 3264, completion_tokens: 635 },
    },
    expected: { ...counted(2629, 635), audioInputTokens: 2625 },
    audioSeconds: 203,
  }),
  // DeepInfra.
  plain('estimated-cost', 'chat', {
    answer: {
      id: 'c1',
      object: 'chat.completion',
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hum' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 12, completion_tokens: 7, total_tokens: 19, estimated_cost: 0.00000494 },
    },
    expected: counted(12, 7),
    cost: 0.00000494,
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

interface Answer {
  readonly answer: object;
  readonly expected: TokenUsage;
  readonly cost?: number;
  readonly audioSeconds?: number;
}

/** A plain answer. */
function plain(name: string, surface: string, { answer, expected, cost, audioSeconds }: Answer): ReplayedDialect {
  const facts = { form: 'json', asked: true, sdkThrows: false } as const;
  return { name, surface, ...facts, expected, cost, audioSeconds, body: JSON.stringify(answer) };
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
