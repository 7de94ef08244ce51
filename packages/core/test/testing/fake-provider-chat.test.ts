import { describe, expect, it } from 'vitest';
import { chatAnswer, recordedAnswer } from '../../src/testing/index.ts';
import {
  clientOf,
  eventData,
  hi,
  hiAsked,
  hiStream,
  post,
  startProvider,
  textOfPost,
} from './fake-provider-fixture.ts';

const usage = { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 };

describe('chat completions', () => {
  it('answer plainly with usage of one token per word', async () => {
    const provider = await startProvider({ answers: [chatAnswer({ text: 'Hello there', serviceTier: 'flex' })] });
    const completion = await clientOf(provider).chat.completions.create(hi);
    expect(completion).toMatchObject({ object: 'chat.completion', model: 'm', service_tier: 'flex', usage });
    expect(completion.choices[0]).toMatchObject({
      message: { role: 'assistant', content: 'Hello there' },
      finish_reason: 'stop',
    });
  });

  it('stream the opening, the tokens, the finish reason and the end', async () => {
    const provider = await startProvider({ answers: [chatAnswer({ tokens: ['Hel', 'lo'], finishReason: 'length' })] });
    const events = eventData(await textOfPost(provider, hiStream));
    expect(events.map((event) => event.choices?.[0].delta ?? event)).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { content: 'Hel' },
      { content: 'lo' },
      {},
      '[DONE]',
    ]);
    expect(events.map((event) => event.choices?.[0].finish_reason)).toEqual([null, null, null, 'length', undefined]);
    expect(new Set(events.slice(0, -1).map(({ id }) => id))).toEqual(new Set(['chatcmpl-1']));
  });

  it('say nothing of usage in a stream that did not ask', async () => {
    const provider = await startProvider();
    for (const body of [hiStream, { ...hiStream, stream_options: { include_usage: false } }]) {
      expect(await textOfPost(provider, body)).not.toContain('usage');
    }
  });

  it('send null on every chunk and a last chunk without choices where asked', async () => {
    const provider = await startProvider({ answers: [chatAnswer({ text: 'Hello there' })] });
    const events = eventData(await textOfPost(provider, hiAsked));
    expect(events.slice(0, -2).map((event) => event.usage)).toEqual([null, null, null, null]);
    expect(events.at(-2)).toMatchObject({ choices: [], usage });
    expect(events.at(-1)).toBe('[DONE]');
  });

  it('feed the stream helper of the client', async () => {
    const provider = await startProvider({ answers: [chatAnswer({ text: 'Hello there' })] });
    const stream = clientOf(provider).chat.completions.stream(hiAsked);
    expect(await stream.finalContent()).toBe('Hello there');
    expect((await stream.finalChatCompletion()).usage).toMatchObject(usage);
  });

  it('count parts and earlier messages as input', async () => {
    const provider = await startProvider();
    const content = [
      { type: 'text' as const, text: 'What is this' },
      { type: 'image_url' as const, image_url: { url: 'data:,' } },
    ];
    const messages = [
      { role: 'system' as const, content: 'Be kind' },
      { role: 'user' as const, content },
    ];
    const completion = await clientOf(provider).chat.completions.create({ model: 'm', messages });
    expect(completion.usage?.prompt_tokens).toBe(5);
    expect(completion.choices[0]?.message.content).toBe('You said: What is this');
  });

  it('call tools, plainly and streamed, so that runTools goes its rounds', async () => {
    const toolCalls = [{ name: 'add', arguments: { a: 1, b: 2 } }];
    const provider = await startProvider({ answers: [chatAnswer({ toolCalls }), chatAnswer({ text: 'It is 3' })] });
    const heard: unknown[] = [];
    const parameters = { type: 'object' as const, properties: {} };
    const add = (given: unknown): string => String(heard.push(given));
    const tool = {
      type: 'function' as const,
      function: { name: 'add', parse: JSON.parse, function: add, parameters, description: '' },
    };
    const runner = clientOf(provider).chat.completions.runTools({ ...hi, tools: [tool] });
    expect(await runner.finalContent()).toBe('It is 3');
    expect(heard).toEqual([{ a: 1, b: 2 }]);
    expect(runner.allChatCompletions()[0]?.choices[0]?.message.content).toBeNull();

    provider.enqueue(chatAnswer({ toolCalls: [{ name: 'add', arguments: '{"a":', id: 'call_x' }], text: 'Wait' }));
    const stream = clientOf(provider).chat.completions.stream(hiAsked);
    const [choice] = (await stream.finalChatCompletion()).choices;
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: 'Wait' } });
    expect(choice?.message.tool_calls).toMatchObject([{ id: 'call_x', function: { name: 'add', arguments: '{"a":' } }]);
    expect(provider.requests.at(-1)?.reportedUsage).toMatchObject({ completion_tokens: 2 });
  });

  it('pad events with obfuscation on request of the test', async () => {
    const provider = await startProvider({ answers: [chatAnswer({ text: 'a b', obfuscation: true })] });
    const paddings = eventData(await textOfPost(provider, hiAsked))
      .slice(0, -1)
      .map(({ obfuscation }) => obfuscation.length);
    expect(new Set(paddings).size).toBe(paddings.length);
  });

  it('take model, id and fingerprint from the test', async () => {
    const provider = await startProvider({
      answers: [chatAnswer({ model: 'm-2026', id: 'gen-1', systemFingerprint: null })],
    });
    const [chunk] = eventData(await textOfPost(provider, hiStream));
    expect(chunk).toMatchObject({ model: 'm-2026', id: 'gen-1', system_fingerprint: null });
  });
});

describe('legacy completions', () => {
  it('answer plainly', async () => {
    const provider = await startProvider({ answers: [chatAnswer({ text: 'Hello there' })] });
    const completion = await clientOf(provider).completions.create({ model: 'm', prompt: 'Say it' });
    expect(completion).toMatchObject({ id: 'cmpl-1', object: 'text_completion', usage });
    expect(completion.choices[0]).toEqual({ index: 0, text: 'Hello there', logprobs: null, finish_reason: 'stop' });
  });

  it('stream texts without an opening event', async () => {
    const provider = await startProvider({ answers: [chatAnswer({ text: 'Hello there' })] });
    const body = { model: 'm', prompt: 'Say it', stream: true, stream_options: { include_usage: true } };
    const events = eventData(await textOfPost(provider, body, '/completions'));
    expect(events.map((event) => event.choices?.[0]?.text)).toEqual(['Hello', ' there', '', undefined, undefined]);
    expect(events.at(-2)).toMatchObject({ object: 'text_completion', choices: [], usage });
  });
});

describe('usage', () => {
  it('goes on the wire as the test wrote it', async () => {
    const raw = '{"prompt_tokens": 1e3, "completion_tokens":"5","x":12345678901234567890}';
    const provider = await startProvider({
      answers: [chatAnswer({ usage: raw }), chatAnswer({ usage: raw }), chatAnswer({ usage: { total_tokens: 9 } })],
    });
    expect(await textOfPost(provider, hi)).toContain(`"usage":${raw}`);
    expect(await textOfPost(provider, hiAsked)).toContain(`"choices":[],"usage":${raw}`);
    expect(await textOfPost(provider, hi)).toContain('"usage":{"total_tokens":9}');
  });

  it('can come unasked, and without nulls then', async () => {
    const provider = await startProvider({ answers: [chatAnswer({ text: 'a b', usageWhen: 'always' })] });
    const text = await textOfPost(provider, hiStream);
    expect(text).not.toContain('"usage":null');
    expect(eventData(text).at(-2)).toMatchObject({ choices: [], usage });
  });

  it('can be withheld from streams that ask and from plain answers', async () => {
    const provider = await startProvider({ handle: () => chatAnswer({ usageWhen: 'never' }) });
    expect(await textOfPost(provider, hiAsked)).not.toContain('"usage":{');
    expect(await textOfPost(provider, hi)).not.toContain('usage');
    expect(provider.generated.calls).toBe(2);
    expect(provider.reported.calls).toBe(0);
  });

  it('can ride on the finish chunk', async () => {
    const provider = await startProvider({
      answers: [chatAnswer({ text: 'a b', usageAt: 'finish-chunk', usageWhen: 'always' })],
    });
    const events = eventData(await textOfPost(provider, hiStream));
    expect(events.map((event) => event.usage?.total_tokens)).toEqual([undefined, undefined, undefined, 4, undefined]);
    expect(events[3].choices[0].finish_reason).toBe('stop');
  });

  it('can grow on every chunk', async () => {
    const provider = await startProvider({ answers: [chatAnswer({ text: 'a b', usageAt: 'every-chunk' })] });
    const events = eventData(await textOfPost(provider, hiAsked));
    expect(events.slice(0, -1).map((event) => event.usage.completion_tokens)).toEqual([0, 1, 2, 2]);
  });

  it('can follow on a repeated finish choice, as with OpenRouter', async () => {
    const provider = await startProvider({ answers: [chatAnswer({ text: 'a b', usageAt: 'after-finish' })] });
    const events = eventData(await textOfPost(provider, hiAsked)).slice(-3);
    expect(events[0].choices[0].finish_reason).toBe('stop');
    expect(events[1]).toMatchObject({ choices: [{ finish_reason: 'stop' }], usage });
  });
});

describe('the end of a stream', () => {
  it('can lack [DONE]', async () => {
    const provider = await startProvider({ answers: [chatAnswer({ done: false })] });
    const events = eventData(await textOfPost(provider, hiAsked));
    expect(events.at(-1)).toMatchObject({ choices: [] });
    expect(events).not.toContain('[DONE]');
  });

  it('can have [DONE] before the usage', async () => {
    const provider = await startProvider({ answers: [chatAnswer({ done: 'before-usage' })] });
    const events = eventData(await textOfPost(provider, hiAsked));
    expect(events.indexOf('[DONE]')).toBe(events.length - 2);
    expect(events.at(-1)).toMatchObject({ choices: [] });
  });

  it('can be an error event, with and without usage of the tokens sent', async () => {
    const errorChunk = { afterTokens: 1, code: 400, message: 'lost' };
    const bareAnswer = chatAnswer({ text: 'a b c', errorChunk });
    const countedAnswer = chatAnswer({ text: 'a b c', errorChunk: { ...errorChunk, hasUsage: true } });
    const provider = await startProvider({ answers: [bareAnswer, countedAnswer, countedAnswer] });
    const bare = eventData(await textOfPost(provider, hiStream));
    expect(bare.slice(1, -1)).toMatchObject([
      { choices: [{ delta: { content: 'a' } }] },
      { error: { code: 400, message: 'lost' } },
    ]);
    expect(bare[2].usage).toBeUndefined();
    const counted = eventData(await textOfPost(provider, hiStream));
    expect(counted[2].usage).toMatchObject({ completion_tokens: 1 });
    expect(provider.requests.map(({ generatedUsage }) => generatedUsage?.['completion_tokens'])).toEqual([1, 1]);
    const stream = await clientOf(provider).chat.completions.create(hiStream);
    const drained = stream.toReadableStream().pipeTo(new WritableStream());
    await expect(drained).rejects.toThrow('lost');
  });
});

describe('stream_options', () => {
  it.for([
    [true, 400, 'stream_options'],
    ['named', 400, 'stream_options'],
    ['named-422', 422, 'stream_options'],
    ['unnamed', 400, 'Param Incorrect'],
  ] as const)(
    'can be refused (%s), where the same request without them is answered',
    async ([refusal, status, text]) => {
      const provider = await startProvider({ handle: () => chatAnswer({ rejectStreamOptions: refusal }) });
      const refused = await post(provider, hiAsked);
      expect(refused.status).toBe(status);
      const body = await refused.text();
      expect(body).toContain(text);
      expect(body.includes('stream_options')).toBe(refusal !== 'unnamed');
      expect(provider.generated.calls).toBe(0);
      expect(await textOfPost(provider, hiStream)).toContain('[DONE]');
    },
  );

  it('can be refused by the whole provider, without taking from the script', async () => {
    const provider = await startProvider({ rejectStreamOptions: 'named', answers: [chatAnswer({ text: 'kept' })] });
    expect((await post(provider, hiAsked)).status).toBe(400);
    expect(await textOfPost(provider, hiStream)).toContain('kept');
  });

  it('are refused in a request that does not stream, as OpenAI does', async () => {
    const provider = await startProvider();
    const create = clientOf(provider).chat.completions.create({ ...hi, stream_options: { include_usage: true } });
    await expect(create).rejects.toMatchObject({ status: 400, param: 'stream_options' });
    expect((await post(provider, { ...hi, stream_options: null })).status).toBe(200);
  });
});

describe('recorded answers', () => {
  const body = ': hello\n\ndata: {"choices":[]}\r\n\r\ndata: a\ndata: b\n\n\ndata: [DONE]';

  it('go out byte for byte with a guessed content type', async () => {
    const bytes = new Uint8Array([0x7b, 0xff, 0x00, 0x7d]);
    const provider = await startProvider({
      answers: [
        recordedAnswer({ body }),
        recordedAnswer({ body: bytes }),
        recordedAnswer({ body: 'x', contentType: 'text/csv' }),
        recordedAnswer({ body: `\uFEFF${body}` }),
      ],
    });
    const stream = await post(provider, hi);
    expect([stream.headers.get('content-type'), await stream.text()]).toEqual(['text/event-stream', body]);
    const binary = await post(provider, hi);
    expect(binary.headers.get('content-type')).toBe('application/json');
    expect(new Uint8Array(await binary.arrayBuffer())).toEqual(bytes);
    expect((await post(provider, hi)).headers.get('content-type')).toBe('text/csv');
    expect((await post(provider, hi)).headers.get('content-type')).toBe('text/event-stream');
  });

  it('count their events at blank lines and their usage at the last', async () => {
    const recorded = { body, usage: { prompt_tokens: 1, completion_tokens: 2 } };
    const provider = await startProvider({
      answers: [recordedAnswer({ ...recorded, cut: { afterEvents: 3, how: 'end' } }), recordedAnswer(recorded)],
    });
    expect(await textOfPost(provider, hi)).toBe(body.replace('data: [DONE]', ''));
    expect([provider.generated.calls, provider.reported.calls]).toEqual([1, 0]);
    expect(await textOfPost(provider, hi)).toBe(body);
    expect(provider.requests[1]?.eventsSent).toBe(4);
    expect(provider.reported.tokens.totalTokens).toBe(3);
  });
});
