import { AzureOpenAI } from 'openai';
import { describe, expect, it } from 'vitest';
import { chatAnswer, responsesAnswer } from '../../src/testing/index.ts';
import { clientOf, eventData, hi, post, startProvider, textOfPost } from './fake-provider-fixture.ts';

const usage = { input_tokens: 2, output_tokens: 4, total_tokens: 6 };
const request = { model: 'm', input: 'Hi you' };

describe('Responses', () => {
  it('answer plainly with usage', async () => {
    const provider = await startProvider();
    const response = await clientOf(provider).responses.create({ ...request, metadata: { a: 'b' } });
    expect(response).toMatchObject({
      id: 'resp_1',
      object: 'response',
      status: 'completed',
      metadata: { a: 'b' },
      usage,
    });
    expect(response.output_text).toBe('You said: Hi you');
    expect(provider.reported.tokens).toEqual({ inputTokens: 2, outputTokens: 4, totalTokens: 6 });
  });

  it('stream with usage in the last event only and without [DONE]', async () => {
    const provider = await startProvider();
    const text = await textOfPost(provider, { ...request, stream: true }, '/responses');
    const events = eventData(text);
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      ...Array.from({ length: 4 }, () => 'response.output_text.delta'),
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(events.map((event) => event.sequence_number)).toEqual(Array.from(events.keys()));
    expect(text.startsWith('event: response.created\ndata: {')).toBe(true);
    expect(events[0].response.usage).toBeNull();
    expect(events.at(-1).response).toMatchObject({ status: 'completed', usage });
    expect(text).not.toContain('[DONE]');
  });

  it('feed the stream helper of the client', async () => {
    const provider = await startProvider({ answers: [responsesAnswer({ tokens: ['Hel', 'lo'] })] });
    const final = await clientOf(provider).responses.stream(request).finalResponse();
    expect(final.output_text).toBe('Hello');
    expect(final.usage?.output_tokens).toBe(2);
  });

  it.for(['incomplete', 'failed'] as const)('can end %s', async (end) => {
    const provider = await startProvider({ handle: () => responsesAnswer({ end, usage: '{"input_tokens":1e1}' }) });
    const events = eventData(await textOfPost(provider, { ...request, stream: true }, '/responses'));
    expect(events.at(-1)).toMatchObject({ type: `response.${end}`, response: { status: end } });
    const plain = await textOfPost(provider, request, '/responses');
    expect(plain).toContain(`"status":"${end}"`);
    expect(plain).toContain('"usage":{"input_tokens":1e1}');
    const why = {
      incomplete: { incomplete_details: { reason: 'max_output_tokens' } },
      failed: { error: { code: 'server_error' } },
    };
    expect(JSON.parse(plain)).toMatchObject(why[end]);
  });

  it('in the background are queued without usage and complete when fetched', async () => {
    const provider = await startProvider();
    const { responses } = clientOf(provider);
    const queued = await responses.create({ ...request, background: true });
    expect(queued).toMatchObject({ status: 'queued', usage: null });
    expect([provider.generated.calls, provider.reported.calls]).toEqual([1, 0]);
    expect(await responses.retrieve(queued.id)).toMatchObject({ id: queued.id, status: 'completed', usage });
    expect([provider.generated.calls, provider.reported.calls]).toEqual([1, 1]);
    provider.reset();
    await expect(responses.retrieve(queued.id)).rejects.toMatchObject({ status: 404 });
  });

  it('count instructions as input', async () => {
    const provider = await startProvider();
    const response = await clientOf(provider).responses.create({ ...request, instructions: 'Be kind' });
    expect(response.usage?.input_tokens).toBe(4);
  });

  it('refuse include_usage, as OpenAI does', async () => {
    const provider = await startProvider();
    const body = { ...request, stream: true, stream_options: { include_usage: true } };
    const response = await post(provider, body, '/responses');
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('stream_options.include_usage');
    const padded = { ...request, stream: true, stream_options: { include_obfuscation: false } };
    expect((await post(provider, padded, '/responses')).status).toBe(200);
  });
});

describe('other endpoints', () => {
  it('embed one vector per input, as floats and as base64', async () => {
    const provider = await startProvider();
    const { embeddings } = clientOf(provider);
    const decoded = await embeddings.create({ model: 'e', input: ['one two', 'three'] });
    const floats = await embeddings.create({ model: 'e', input: ['one two', 'three'], encoding_format: 'float' });
    expect(floats).toMatchObject({ object: 'list', model: 'e', usage: { prompt_tokens: 3, total_tokens: 3 } });
    expect(floats.data.map(({ embedding }) => embedding.length)).toEqual([8, 8]);
    expect(decoded.data).toEqual(floats.data);
    const base64 = await textOfPost(provider, { model: 'e', input: 'a', encoding_format: 'base64' }, '/embeddings');
    expect(base64).toMatch(/"embedding":"[\w+/]+={0,2}"/);
    const numbers = await embeddings.create({
      model: 'e',
      input: [1, 2, 3, 4],
      dimensions: 3,
      encoding_format: 'float',
    });
    expect(numbers.usage.prompt_tokens).toBe(4);
    expect(numbers.data.map(({ embedding }) => embedding.length)).toEqual([3]);
  });

  it('moderate without usage', async () => {
    const provider = await startProvider();
    const moderation = await clientOf(provider).moderations.create({ input: ['a', 'b'] });
    expect(moderation.results.map(({ flagged }) => flagged)).toEqual([false, false]);
    expect(moderation).not.toHaveProperty('usage');
    expect(provider.generated.calls).toBe(0);
  });

  it('list the models of the test', async () => {
    const provider = await startProvider({ models: ['a', 'org/b'] });
    const { models } = clientOf(provider);
    expect((await models.list()).data.map(({ id }) => id)).toEqual(['a', 'org/b']);
    expect(await models.retrieve('org/b')).toMatchObject({ id: 'org/b', object: 'model' });
    await expect(models.retrieve('c')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });

  it('speak in bytes that are no text', async () => {
    const provider = await startProvider();
    const speech = await clientOf(provider).audio.speech.create({ model: 't', voice: 'alloy', input: 'Hi' });
    expect(speech.headers.get('content-type')).toBe('audio/mpeg');
    expect([...new Uint8Array(await speech.arrayBuffer()).subarray(0, 2)]).toEqual([0xff, 0xfb]);
  });

  it('transcribe uploads with usage', async () => {
    const provider = await startProvider();
    const file = new File(['sound'], 'a.mp3');
    const text = await clientOf(provider).audio.transcriptions.create({ model: 't', file });
    expect(text).toMatchObject({
      text: expect.any(String),
      usage: { input_tokens: 14, output_tokens: 5, total_tokens: 19 },
    });
    expect(provider.requests[0]?.bodyText).toContain('sound');
  });

  it('draw with usage', async () => {
    const provider = await startProvider();
    const image = await clientOf(provider).images.generate({ model: 'i', prompt: 'a red kite' });
    expect(image.usage).toMatchObject({ input_tokens: 3, output_tokens: 272, total_tokens: 275 });
  });

  it('list no files', async () => {
    const provider = await startProvider();
    expect((await clientOf(provider).files.list()).data).toEqual([]);
  });

  it('are found below any base path, Azure deployments included', async () => {
    const provider = await startProvider({ answers: [chatAnswer({ text: 'Azure' })] });
    const endpoint = new URL(provider.baseURL).origin;
    const azure = new AzureOpenAI({ endpoint, apiKey: 'k', apiVersion: '2024-10-21', maxRetries: 0 });
    expect((await azure.chat.completions.create(hi)).choices[0]?.message.content).toBe('Azure');
    expect(provider.requests[0]?.path).toBe('/openai/deployments/m/chat/completions');
    await expect(azure.chat.completions.create({ ...hi, model: 'n' })).resolves.toMatchObject({ model: 'n' });
  });

  it('answer 404 to unknown paths and 400 to broken JSON', async () => {
    const provider = await startProvider();
    const missing = await post(provider, hi, '/nothing');
    expect([missing.status, await missing.text()]).toEqual([
      404,
      expect.stringContaining('Invalid URL (POST /v1/nothing)'),
    ]);
    const broken = await post(provider, undefined, '/chat/completions', { body: '{"model":' });
    expect(broken.status).toBe(400);
    expect(provider.generated.calls).toBe(0);
  });
});
