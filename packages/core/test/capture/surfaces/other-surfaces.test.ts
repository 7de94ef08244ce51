import OpenAI from 'openai';
import OpenAI4 from 'openai-v4';
import OpenAI5 from 'openai-v5';
import OpenAI6 from 'openai-v6';
import { describe, expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../../src/index.ts';
import type { MeterError } from '../../../src/index.ts';
import { chatAnswer, jsonAnswer, recordedAnswer } from '../../../src/testing/index.ts';
import { hi, hiStream } from '../../testing/fake-provider-fixture.ts';
import { meteredClient } from '../metered-client.ts';

const audio = (): File => new File(['sound'], 'hello.wav', { type: 'audio/wav' });

describe('the record of', () => {
  it('a moderation and of speech says that there is no usage by nature', async () => {
    const { openai, records } = await meteredClient();
    await openai.moderations.create({ input: 'Hi' });
    const speech = await openai.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hi' });
    expect((await speech.arrayBuffer()).byteLength).toBe(417);
    const none = { origin: 'none', outcome: 'completed', tokens: {} };
    expect(await records()).toMatchObject([
      { operation: 'moderation', ...none },
      { operation: 'speech', requestModel: 'tts-1', ...none },
    ]);
  });

  it('a transcription has its tokens, and the model of the form', async () => {
    const { openai, records } = await meteredClient();
    await openai.audio.transcriptions.create({ model: 'gpt-4o-mini-transcribe', file: audio() });
    expect(await records()).toMatchObject([
      {
        operation: 'transcription',
        requestModel: 'gpt-4o-mini-transcribe',
        origin: 'reported',
        tokens: { inputTokens: 14, audioInputTokens: 14, outputTokens: 5, totalTokens: 19 },
      },
    ]);
  });

  it.for(['text', 'srt', 'vtt'] as const)(
    'a transcription as %s lacks its usage, and the text arrives',
    async (format) => {
      const { openai, provider, records } = await meteredClient();
      provider.enqueue(recordedAnswer({ body: 'Hello there\n', contentType: 'text/plain' }));
      const text = await openai.audio.transcriptions.create({
        model: 'whisper-1',
        file: audio(),
        response_format: format,
      });
      expect(text).toBe('Hello there\n');
      expect(await records()).toMatchObject([
        { operation: 'transcription', origin: 'missing', outcome: 'completed', tokens: {} },
      ]);
    },
  );

  it('a streamed transcription has the usage of its last event', async () => {
    const { openai, provider, records } = await meteredClient();
    const usage = { type: 'tokens', input_tokens: 7, output_tokens: 2, total_tokens: 9 };
    provider.enqueue(
      recordedAnswer({
        body: `data: {"type":"transcript.text.delta","delta":"Hi"}\n\ndata: ${JSON.stringify({ type: 'transcript.text.done', text: 'Hi', usage })}\n\n`,
      }),
    );
    const stream = await openai.audio.transcriptions.create({
      model: 'gpt-4o-transcribe',
      file: audio(),
      stream: true,
    });
    const types = [];
    for await (const { type } of stream) types.push(type);
    expect(types).toEqual(['transcript.text.delta', 'transcript.text.done']);
    expect(await records()).toMatchObject([{ streamed: true, origin: 'reported', tokens: { totalTokens: 9 } }]);
  });

  it('a translation lacks its usage', async () => {
    const { openai, records } = await meteredClient();
    expect(await openai.audio.translations.create({ model: 'whisper-1', file: audio() })).toHaveProperty('text');
    expect(await records()).toMatchObject([{ operation: 'translation', requestModel: 'whisper-1', origin: 'missing' }]);
  });

  it('images, made and edited, has their tokens', async () => {
    const { openai, records } = await meteredClient();
    await openai.images.generate({ model: 'gpt-image-1', prompt: 'a red fox' });
    const image = new File(['png'], 'fox.png', { type: 'image/png' });
    await openai.images.edit({ model: 'gpt-image-1', image, prompt: 'a blue fox' });
    expect(await records()).toMatchObject([
      { operation: 'images', requestModel: 'gpt-image-1', tokens: { inputTokens: 3, outputTokens: 272 } },
      { operation: 'images', requestModel: 'gpt-image-1', tokens: { outputTokens: 272 } },
    ]);
  });

  it.for([
    ['4', OpenAI4],
    ['5', OpenAI5],
    ['6', OpenAI6],
  ] as const)('an upload through openai %s arrives whole, and is one record', async ([, Client]) => {
    const { provider, meter, records } = await meteredClient();
    const openai = meter.wrap(new Client({ baseURL: provider.baseURL, apiKey: 'test' })) as unknown as OpenAI;
    await openai.audio.transcriptions.create({ model: 'gpt-4o-mini-transcribe', file: audio() });
    expect(provider.requests).toHaveLength(1);
    expect(provider.requests[0]?.bodyText).toContain('sound');
    expect(await records()).toMatchObject([{ operation: 'transcription', tokens: { totalTokens: 19 } }]);
  });

  it('a compacted conversation has its tokens, and a token count makes none', async () => {
    const { openai, provider, records } = await meteredClient();
    const usage = { input_tokens: 5, output_tokens: 2, total_tokens: 7 };
    provider.enqueue(jsonAnswer({ body: { id: 'cmp_1', object: 'response.compaction' }, usage }));
    provider.enqueue(jsonAnswer({ body: { object: 'response.input_tokens', input_tokens: 11 } }));
    await openai.post('/responses/compact', { body: { model: 'm', input: 'Hi' } });
    await openai.post('/responses/input_tokens', { body: { model: 'm', input: 'Hi' } });
    expect(await records()).toMatchObject([{ operation: 'responses', tokens: { totalTokens: 7 } }]);
  });
});

describe('a header of the answer', () => {
  it('x-litellm-response-cost is the cost, and stays out of the raw usage', async () => {
    const { openai, provider, records } = await meteredClient();
    provider.enqueue(chatAnswer({ text: 'ok', headers: { 'x-litellm-response-cost': '0.000123456' } }));
    await openai.chat.completions.create(hi);
    const [record] = await records();
    expect(record?.cost).toMatchObject({ picoUsd: 123_456_000, basis: 'provider' });
    expect(record?.rawUsage).not.toHaveProperty('cost');
  });

  it.for(['', 'n/a', '-1'])('x-litellm-response-cost is passed over where it is no amount: %j', async (cost) => {
    const { openai, provider, records } = await meteredClient();
    provider.enqueue(chatAnswer({ text: 'ok', headers: { 'x-litellm-response-cost': cost } }));
    await openai.chat.completions.create(hi);
    expect((await records())[0]?.cost).toEqual({ basis: 'unpriced' });
  });

  it('x-generation-id names the answer before its first byte', async () => {
    const { openai, provider, records } = await meteredClient();
    provider.enqueue(chatAnswer({ text: 'ok', headers: { 'x-generation-id': 'gen-1' }, cut: { afterEvents: 0 } }));
    const stream = await openai.chat.completions.create(hiStream);
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toBeInstanceOf(Error);
    expect(await records()).toMatchObject([{ responseId: 'gen-1', outcome: 'failed' }]);
  });
});

describe('a request that must not be touched', () => {
  const body = JSON.stringify(hiStream);

  it('leaves with all that its AWS signature covers, the header of the turn included', async () => {
    const { meter, provider, records } = await meteredClient();
    const turn = meter.track({ userId: 'u1' });
    const [name = ''] = Object.keys(turn.options.headers);
    const signature = `AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=content-type;host;${name}, Signature=c`;
    const headers = { 'content-type': 'application/json', authorization: signature, ...turn.options.headers };
    const send = meter.fetch();
    await (await send(`${provider.baseURL}/chat/completions`, { method: 'POST', body, headers })).text();
    expect(provider.requests[0]?.bodyText).toBe(body);
    expect(provider.requests[0]?.headers[name]).toBe(turn.options.headers[name]);

    const unsigned = { ...headers, authorization: signature.replace(`;${name}`, '') };
    await (await send(`${provider.baseURL}/chat/completions`, { method: 'POST', body, headers: unsigned })).text();
    expect(provider.requests[1]?.headers).not.toHaveProperty(name);
    expect(await records()).toMatchObject([{ attribution: { userId: 'u1' } }, { attribution: { userId: 'u1' } }]);
  });

  it('has no option with a value that the app did not give', async () => {
    const { meter } = await meteredClient();
    let sent: RequestInit | undefined;
    const send = meter.fetch((_url, init) => {
      sent = init;
      return Promise.resolve(Response.json({ id: 'x' }));
    });
    const given = { method: 'POST', body: JSON.stringify(hi), redirect: 'error' as const };
    await (await send('http://localhost/v1/chat/completions', given)).json();
    const options = sent as Readonly<Record<string | symbol, unknown>> | undefined;
    const named = Reflect.ownKeys(options ?? {}).filter((key) => options?.[key] !== undefined);
    expect(Object.fromEntries(named.map((key) => [key, options?.[key]]))).toStrictEqual(given);
  });

  it('is one that is no HTTP, and one that is no call', async () => {
    const { openai, meter } = await meteredClient();
    const send = (openai as unknown as { readonly fetch: typeof fetch }).fetch;
    expect(await (await send('data:,hello')).text()).toBe('hello');
    expect('Response' in send).toBe('Response' in fetch);
    expect(meter.stats().captured).toBe(0);
  });

  it('is a whole Request object, whose turn is taken off all the same', async () => {
    const { meter, provider, records } = await meteredClient();
    const turn = meter.track({ userId: 'u1' });
    const request = new Request(`${provider.baseURL}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify(hi),
      headers: { 'content-type': 'application/json', 'x-own': 'kept', ...turn.options.headers },
    });
    expect(await (await meter.fetch()(request)).json()).toHaveProperty('usage');
    expect(provider.requests[0]).toMatchObject({ bodyText: JSON.stringify(hi), headers: { 'x-own': 'kept' } });
    expect(Object.keys(provider.requests[0]?.headers ?? {}).filter((key) => key.includes('kilotoken'))).toEqual([]);
    expect(await records()).toMatchObject([{ attribution: { userId: 'u1' }, tokens: { totalTokens: 6 } }]);
  });
});

describe('a client with X.509 workload identity', () => {
  it('is left alone, and onError hears that it is not metered', () => {
    const errors: MeterError[] = [];
    const meter = createMeter({ store: memoryStore(), onError: (error) => errors.push(error) });
    const client = new OpenAI({ apiKey: 'test' });
    const options = { workloadIdentity: { type: 'x509', identityProviderId: 'i', serviceAccountId: 's' } };
    // A real one needs a certificate; this is where openai 7.57 keeps what it was made with.
    const { _options: kept } = client as unknown as { readonly _options: object };
    Object.assign(kept, options);
    const before = Object.getOwnPropertyDescriptors(client);
    expect(meter.wrap(client)).toBe(client);
    expect(Object.getOwnPropertyDescriptors(client)).toEqual(before);
    expect(errors).toMatchObject([{ code: 'unsupported' }]);
  });
});
