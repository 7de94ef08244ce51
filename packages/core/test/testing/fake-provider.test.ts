import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  chatAnswer,
  errorAnswer,
  fakeProvider,
  jsonAnswer,
  type ProviderAnswer,
  recordedAnswer,
  responsesAnswer,
} from '../../src/testing/index.ts';
import { clientOf, hi, hiAsked, hiStream, latch, post, startProvider, textOfPost } from './fake-provider-fixture.ts';

const empty = { calls: 0, tokens: { inputTokens: 0, outputTokens: 0, totalTokens: 0 } };

describe('the script', () => {
  it('serves answers in order and then the default', async () => {
    const provider = await startProvider({ answers: [chatAnswer({ text: 'one' })] });
    provider.enqueue(chatAnswer({ text: 'two' }), chatAnswer({ text: 'three' }));
    const openai = clientOf(provider);
    const said: unknown[] = [];
    for (let call = 0; call < 4; call += 1) {
      said.push((await openai.chat.completions.create(hi)).choices[0]?.message.content);
    }
    expect(said).toEqual(['one', 'two', 'three', 'You said: Hi you']);
  });

  it('goes before the handler, and the handler before the default', async () => {
    const provider = await startProvider({ handle: () => chatAnswer({ text: 'option' }) });
    expect(await textOfPost(provider, hi)).toContain('"option"');
    provider.handle(async (request) =>
      request.path.endsWith('/chat/completions') ? chatAnswer({ text: 'handled' }) : undefined,
    );
    provider.enqueue(chatAnswer({ text: 'scripted' }));
    expect(await textOfPost(provider, hi)).toContain('"scripted"');
    expect(await textOfPost(provider, hi)).toContain('"handled"');
    expect(await textOfPost(provider, { input: 'a' }, '/embeddings')).toContain('"embedding"');
    provider.handle(undefined);
    expect(await textOfPost(provider, hi)).toContain('You said');
  });

  it('takes answers a test writes by hand', async () => {
    const teapot: ProviderAnswer = { render: () => ({ status: 418, headers: {}, events: [{ bytes: 'short' }] }) };
    const provider = await startProvider({ answers: [teapot] });
    const response = await post(provider, hi);
    expect([response.status, await response.text()]).toEqual([418, 'short']);
  });

  it('lets the client retry a 429 and obeys its status and headers', async () => {
    const provider = await startProvider({
      answers: [errorAnswer({ status: 429, retryAfterMs: 1, code: 'slow_down' })],
    });
    const completion = await clientOf(provider, 1).chat.completions.create(hi);
    expect(completion.choices[0]?.message.content).toBe('You said: Hi you');
    expect(provider.requests.map(({ status }) => status)).toEqual([429, 200]);
    expect(provider.generated.calls).toBe(1);
  });

  it.for([400, 429, 500, 503])('sends status %i as OpenAI writes errors', async (status) => {
    const provider = await startProvider({
      answers: [
        errorAnswer({ status, message: 'No', param: 'p', code: 'c', retryAfterMs: 7, headers: { 'X-More': '1' } }),
      ],
    });
    const response = await post(provider, hi);
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after-ms')).toBe('7');
    expect(response.headers.get('x-more')).toBe('1');
    const type = status < 500 ? 'invalid_request_error' : 'server_error';
    expect(await response.json()).toEqual({ error: { message: 'No', type, param: 'p', code: 'c' } });
  });

  it('overrides status and headers of any answer', async () => {
    const provider = await startProvider({
      answers: [
        jsonAnswer({ body: { a: 1 }, status: 201, headers: { 'Content-Type': 'text/plain', 'x-request-id': 'mine' } }),
      ],
    });
    const response = await post(provider, hi);
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('text/plain');
    expect(response.headers.get('x-request-id')).toBe('mine');
  });

  it('refuses unknown options by name', async () => {
    const typo = { txt: 'a' };
    for (const make of [chatAnswer, responsesAnswer, jsonAnswer, errorAnswer, recordedAnswer]) {
      expect(() => Reflect.apply(make, undefined, [typo])).toThrow(`${make.name} has no option "txt"`);
    }
    await expect(fakeProvider({ modells: [] } as object)).rejects.toMatchObject({ code: 'invalid_options' });
  });
});

describe('the request log', () => {
  it('keeps method, path, query, headers and body byte for byte', async () => {
    const at = new Date('2026-01-02T03:04:05.678Z');
    const provider = await startProvider({ clock: () => at });
    const bodyText = '{ "model":"m",  "messages":[], "seed": 9007199254740993 }';
    await post(provider, undefined, '/chat/completions?api-version=1', {
      headers: { 'content-type': 'application/json', 'X-Own': 'yes' },
      body: bodyText,
    });
    const [request] = provider.requests;
    expect(request).toMatchObject({ sequence: 1, method: 'POST', path: '/v1/chat/completions', bodyText, status: 200 });
    expect(request?.query.get('api-version')).toBe('1');
    expect(request?.headers['x-own']).toBe('yes');
    expect(Buffer.from(request?.bodyBytes ?? []).toString()).toBe(bodyText);
    expect(request?.body?.['model']).toBe('m');
    expect(request?.receivedAt).toBe(at);
  });

  it('has no parsed body where the body is no JSON object', async () => {
    const provider = await startProvider();
    await post(provider, [1]);
    await post(provider, undefined, '/audio/transcriptions', { body: new FormData() });
    expect(provider.requests.map(({ body }) => body)).toEqual([undefined, undefined]);
  });

  it('counts the events and bytes that were written', async () => {
    const provider = await startProvider({ answers: [chatAnswer({ tokens: ['a', 'b'] })] });
    const text = await textOfPost(provider, hiAsked);
    const request = await provider.request(1);
    await request.finished;
    expect(request).toMatchObject({ eventsSent: 6, bytesSent: Buffer.byteLength(text), aborted: false });
  });

  it('tells when a client left before the end, and stops writing', async () => {
    const provider = await startProvider();
    const leave = new AbortController();
    const reached: number[] = [];
    const arrived = latch();
    const left = latch();
    const gate = (index: number): Promise<void> | undefined => {
      reached.push(index);
      if (index === 2) arrived.open();
      return index === 2 ? left.opened : undefined;
    };
    provider.enqueue(chatAnswer({ tokens: ['a', 'b', 'c'], gate }));
    await post(provider, hiStream, undefined, { signal: leave.signal });
    await arrived.opened;
    leave.abort();
    const request = await provider.request(1);
    await request.finished;
    left.open();
    await textOfPost(provider, hi);
    expect(request).toMatchObject({ aborted: true, eventsSent: 2 });
    expect(reached).toEqual([0, 1, 2]);
  });

  it('waits for a request that has not arrived', async () => {
    const provider = await startProvider();
    const second = provider.request(2);
    await post(provider, hi);
    await post(provider, { ...hi, model: 'second' });
    expect((await second).body?.['model']).toBe('second');
  });

  it('does not log a request whose client left in mid-body', async () => {
    const provider = await startProvider();
    const port = Number(new URL(provider.baseURL).port);
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 99\r\n\r\n{"a', () =>
          socket.destroy(),
        );
      });
      socket.once('close', () => resolve());
    });
    await post(provider, hi);
    expect(provider.requests.map(({ sequence }) => sequence)).toEqual([1]);
    expect(provider.errors).toEqual([]);
  });

  it('numbers x-request-id and answer ids and dates answers by the clock', async () => {
    const provider = await startProvider({ clock: () => new Date(1_790_000_000_999) });
    const openai = clientOf(provider);
    await openai.chat.completions.create(hi);
    const { data, request_id: requestId } = await openai.chat.completions.create(hi).withResponse();
    expect(data).toMatchObject({ id: 'chatcmpl-2', created: 1_790_000_000, system_fingerprint: 'fp_fake' });
    expect(requestId).toBe('req_2');
  });
});

describe('the sums', () => {
  it('tell what was generated from what was reported', async () => {
    const provider = await startProvider();
    await textOfPost(provider, hiStream);
    expect(provider.generated).toEqual({ calls: 1, tokens: { inputTokens: 2, outputTokens: 4, totalTokens: 6 } });
    expect(provider.reported).toEqual(empty);
    await textOfPost(provider, hiAsked);
    expect(provider.generated.tokens.totalTokens).toBe(12);
    expect(provider.reported).toEqual({ calls: 1, tokens: { inputTokens: 2, outputTokens: 4, totalTokens: 6 } });
  });

  it('count a cut answer as generated, not as reported', async () => {
    const provider = await startProvider({ answers: [chatAnswer({ text: 'a b c', cut: { afterEvents: 2 } })] });
    await expect(textOfPost(provider, hiAsked)).rejects.toThrow('terminated');
    expect(provider.generated.tokens.outputTokens).toBe(3);
    expect(provider.reported.calls).toBe(0);
    expect(provider.requests[0]?.generatedUsage).toMatchObject({ completion_tokens: 3 });
  });

  it('take of each request the last report', async () => {
    const provider = await startProvider({ answers: [chatAnswer({ text: 'a b c', usageAt: 'every-chunk' })] });
    await textOfPost(provider, hiAsked);
    expect(provider.reported).toEqual({ calls: 1, tokens: { inputTokens: 2, outputTokens: 3, totalTokens: 5 } });
  });

  it('add nothing for counts that are no numbers', async () => {
    const usage = '{"prompt_tokens":"7","completion_tokens":3}';
    const provider = await startProvider({
      answers: [jsonAnswer({ body: {}, usage }), jsonAnswer({ body: {}, usage: 'nonsense' })],
    });
    await textOfPost(provider, hi);
    await textOfPost(provider, hi);
    expect(provider.reported).toEqual({ calls: 1, tokens: { inputTokens: 0, outputTokens: 3, totalTokens: 3 } });
  });

  it('start again after a reset, as do log, script, handler and errors', async () => {
    const provider = await startProvider({ handle: () => Promise.reject(new Error('broken')) });
    await post(provider, hi);
    provider.enqueue(errorAnswer({ status: 500 }));
    provider.reset();
    expect([provider.requests, provider.errors]).toEqual([[], []]);
    expect(provider.generated).toEqual(empty);
    expect((await post(provider, hi)).status).toBe(200);
    expect(provider.requests[0]?.sequence).toBe(2);
  });
});

describe('a failing test', () => {
  it('gets a 500 and the error where a handler throws', async () => {
    const failure = new Error('wrong path');
    const provider = await startProvider({
      handle: () => {
        throw failure;
      },
    });
    const response = await post(provider, hi);
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('wrong path');
    expect(provider.errors).toEqual([failure]);
  });

  it('gets a dead connection and the error where a gate rejects', async () => {
    const failure = new Error('gate');
    const provider = await startProvider({ answers: [chatAnswer({ gate: () => Promise.reject(failure) })] });
    await expect(textOfPost(provider, hiStream)).rejects.toThrow('terminated');
    expect(provider.errors).toEqual([failure]);
    expect(provider.requests[0]?.aborted).toBe(false);
  });
});

describe('close', () => {
  it('ends idle and stalled connections, and can be called twice', async () => {
    const provider = await fakeProvider();
    await textOfPost(provider, hi);
    provider.enqueue(chatAnswer({ stall: { afterEvents: 1 } }), chatAnswer({ stall: {} }));
    const streaming = textOfPost(provider, hiStream).catch((error: unknown) => error);
    const silent = post(provider, hiStream).catch((error: unknown) => error);
    const request = await provider.request(3);
    await provider.close();
    await provider.close();
    expect(await streaming).toBeInstanceOf(Error);
    expect(await silent).toBeInstanceOf(Error);
    await request.finished;
    expect(request.aborted).toBe(false);
    await expect(post(provider, hi)).rejects.toThrow('fetch failed');
  });

  it('happens at the end of a scope with await using', async () => {
    let baseURL: string;
    {
      await using provider = await fakeProvider();
      baseURL = provider.baseURL;
      expect((await fetch(`${baseURL}/models`)).status).toBe(200);
    }
    await expect(fetch(`${baseURL}/models`)).rejects.toThrow('fetch failed');
  });

  it('frees a port that a later provider can take', async () => {
    const first = await fakeProvider();
    const port = Number(new URL(first.baseURL).port);
    await expect(fakeProvider({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await first.close();
    const second = await startProvider({ port });
    expect(second.baseURL).toBe(first.baseURL);
  });
});
