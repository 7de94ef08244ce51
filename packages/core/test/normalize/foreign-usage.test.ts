import { describe, expect, it } from 'vitest';
import { readUsage } from '../../src/normalize/usage/read-usage.ts';
import type { TokenUsage } from '../../src/normalize/token-usage.ts';

/** Usage objects of endpoints that no recorded dialect is of. Values as the source has them; of what was only seen, there is no address. */
const foreign: readonly (readonly [what: string, source: string, usage: object, expected: TokenUsage])[] = [
  [
    'OpenAI, an assistants run',
    'seen in a Run as printed by a course, 2026-11-30; the documentation has no details',
    {
      prompt_tokens: 123,
      completion_tokens: 45,
      total_tokens: 168,
      prompt_token_details: { cached_tokens: 64 },
      completion_tokens_details: { reasoning_tokens: 10 },
    },
    { ...counted(123, 45), cacheReadInputTokens: 64, reasoningOutputTokens: 10 },
  ],
  [
    'a gateway with one token in both names',
    'seen in a test of a service, with its cost, 2026-11-30',
    {
      prompt_tokens: 1200,
      completion_tokens: 1000,
      completion_token_details: { reasoning_tokens: 700 },
      total_tokens: 2200,
      cost: 0.0123,
    },
    { ...counted(1200, 1000), reasoningOutputTokens: 700 },
  ],
  [
    'llm-d, completions',
    'github.com/llm-d/llm-d-router: pkg/epp/handlers/response_test.go, read 2026-11-30',
    { prompt_tokens: 7, total_tokens: 17, completion_tokens: 10, prompt_token_details: { cached_tokens: 5 } },
    { ...counted(7, 10), cacheReadInputTokens: 5 },
  ],
  [
    'Mistral, both spellings of null',
    'github.com/0xPlaygrounds/rig: a test of the usage of chat completions, read 2026-11-30',
    {
      prompt_tokens: 42,
      completion_tokens: 0,
      total_tokens: 42,
      prompt_token_details: null,
      prompt_tokens_details: null,
    },
    counted(42, 0),
  ],
  [
    'Mistral, a chat with audio beside the prompt',
    'github.com/0xPlaygrounds/rig: crates/rig-core/src/providers/mistral/completion/tests.rs, a live turn, read 2026-11-30',
    {
      prompt_audio_seconds: 0,
      prompt_tokens: 6,
      completion_tokens: 2,
      total_tokens: 383,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 375 },
    },
    { ...counted(381, 2), cacheReadInputTokens: 0, audioInputTokens: 375 },
  ],
  [
    'Mistral, a transcription that names only the seconds',
    'docs.mistral.ai/api/endpoint/audio/transcriptions, read 2026-11-30',
    { prompt_audio_seconds: 203, prompt_tokens: 4, total_tokens: 3264, completion_tokens: 635 },
    { ...counted(2629, 635), audioInputTokens: 2625, audioSeconds: 203 },
  ],
  [
    'OpenAI, realtime',
    'platform.openai.com/docs/api-reference/realtime-server-events/response/done, read 2026-11-30',
    {
      total_tokens: 253,
      input_tokens: 132,
      output_tokens: 121,
      input_token_details: {
        text_tokens: 119,
        audio_tokens: 13,
        image_tokens: 0,
        cached_tokens: 64,
        cached_tokens_details: { text_tokens: 64, audio_tokens: 0, image_tokens: 0 },
      },
      output_token_details: { text_tokens: 30, audio_tokens: 91 },
    },
    { ...counted(132, 121), cacheReadInputTokens: 64, audioInputTokens: 13, audioOutputTokens: 91 },
  ],
  [
    'xAI, an image: the cost alone',
    'docs.x.ai/developers/cost-tracking, read 2026-11-30',
    { cost_in_usd_ticks: 200_000_000 },
    {},
  ],
  [
    'SambaNova',
    'github.com/sambanova/langchain-sambanova: langchain_sambanova/chat_models.py, a call of 2025-09-30',
    {
      completion_tokens: 16,
      completion_tokens_per_sec: 177.65276251942407,
      end_time: 1759254758.8066719,
      is_last_response: true,
      prompt_tokens: 42,
      stop_reason: 'stop',
      time_to_first_token: 0.05871915817260742,
      total_tokens: 58,
    },
    counted(42, 16),
  ],
  [
    'MiniMax',
    'seen in a captured chunk of MiniMax-M2.7, 2026-09-21',
    {
      total_tokens: 885,
      total_characters: 0,
      prompt_tokens: 769,
      completion_tokens: 116,
      completion_tokens_details: { reasoning_tokens: 37 },
      prompt_tokens_details: { cached_tokens: 443 },
    },
    { ...counted(769, 116), cacheReadInputTokens: 443, reasoningOutputTokens: 37 },
  ],
  [
    'MiniMax, a total alone',
    'github.com/MiniMax-AI/MiniMax-M2.5/issues/2 has the shape, 2026-02-16',
    { total_tokens: 157, total_characters: 0 },
    { totalTokens: 157 },
  ],
  [
    'a gateway of Gemini: thought only, and no completion',
    'github.com/router-for-me/CLIProxyAPI/issues/5733, 2026-09-11; mended by pull request 5744',
    {
      completion_tokens: 0,
      total_tokens: 81,
      prompt_tokens: 21,
      completion_tokens_details: { reasoning_tokens: 60 },
    },
    { ...counted(21, 60), reasoningOutputTokens: 60 },
  ],
  [
    'xAI, Responses with tools',
    'docs.x.ai/developers/cost-tracking; values seen in a captured answer of grok-4.3, 2026-11-30',
    {
      context_details: { input_tokens: 35_660, output_tokens: 1_111 },
      cost_in_usd_ticks: 471_484_000,
      input_tokens: 35_660,
      input_tokens_details: { cached_tokens: 192 },
      num_server_side_tools_used: 0,
      num_sources_used: 0,
      output_tokens: 1_110,
      output_tokens_details: { reasoning_tokens: 801 },
      total_tokens: 36_770,
    },
    { ...counted(35_660, 1_110), cacheReadInputTokens: 192, reasoningOutputTokens: 801 },
  ],
  [
    'MiniMax, in the words of Anthropic',
    'seen in a test of a usage parser, 2026-11-30',
    {
      prompt_tokens: 900,
      completion_tokens: 10,
      prompt_tokens_details: { cache_read_input_tokens: 400, cache_creation_input_tokens: 100 },
    },
    { ...counted(900, 10), cacheReadInputTokens: 400, cacheWriteInputTokens: 100 },
  ],
  [
    'Bedrock, through a gateway',
    'seen in a test of a usage parser, 2026-11-30',
    {
      prompt_tokens: 200,
      completion_tokens: 2,
      prompt_tokens_details: { cache_read_input_tokens: 50, cache_write_input_tokens: 60 },
    },
    { ...counted(200, 2), cacheReadInputTokens: 50, cacheWriteInputTokens: 60 },
  ],
  [
    'a gateway with words of its own',
    'seen in a test of a usage parser, 2026-11-30; github.com/QuantumNous/new-api writes the second name',
    {
      prompt_tokens: 100,
      completion_tokens: 5,
      prompt_tokens_details: { cache_read_tokens: 70, cached_creation_tokens: 20 },
    },
    { ...counted(100, 5), cacheReadInputTokens: 70, cacheWriteInputTokens: 20 },
  ],
  [
    'a gateway of Claude: written, once in the details as 0',
    'seen in a captured frame, 2026-11-30',
    {
      completion_tokens: 6,
      prompt_tokens: 13_982,
      total_tokens: 13_988,
      prompt_tokens_details: { cached_tokens: 0, cache_creation_tokens: 0 },
      cache_creation_input_tokens: 13_965,
      cache_read_input_tokens: 0,
    },
    { ...counted(13_982, 6), cacheReadInputTokens: 0, cacheWriteInputTokens: 13_965 },
  ],
];

describe('the usage of an endpoint nobody recorded', () => {
  it.for(foreign)('is read by rule: %s (%s)', ([, , usage, expected]) => {
    const report = readUsage({ usage });
    expect(report?.tokens).toEqual(expected);
    expect(report?.rawUsage).toBe(usage);
  });

  it('is none where it has no figure', () => {
    expect(readUsage({ usage: { cost: 0, service_tier: 'default', prompt_tokens: null } })).toBeUndefined();
    expect(readUsage({ usage: { prompt_tokens: 2 ** 53, total_tokens: 2 ** 53 } })).toBeUndefined();
  });
});

function counted(inputTokens: number, outputTokens: number): TokenUsage {
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}
