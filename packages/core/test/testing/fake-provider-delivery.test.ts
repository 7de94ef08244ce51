import http from 'node:http';
import { connect } from 'node:net';
import { createGunzip, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { chatAnswer, type ChatAnswerOptions, jsonAnswer } from '../../src/testing/index.ts';
import {
  eventData,
  hi,
  hiAsked,
  hiStream,
  latch,
  post,
  readWrites,
  startProvider,
  textOfPost,
} from './fake-provider-fixture.ts';

const words = { tokens: ['a', 'b', 'c', 'd'] };

async function stream(options: ChatAnswerOptions, body: unknown = hiStream) {
  const provider = await startProvider({ clock: () => new Date(0), answers: [chatAnswer({ ...words, ...options })] });
  const response = await post(provider, body);
  const read = await readWrites(response);
  const request = await provider.request(1);
  await request.finished;
  return { ...read, text: read.parts.join(''), response, request };
}

describe('writes', () => {
  it('reach the client as one read per event', async () => {
    const provider = await startProvider({ answers: [chatAnswer(words)] });
    const body = JSON.stringify(hiStream);
    const reads: string[] = [];
    await new Promise<void>((resolve) => {
      const socket = connect(Number(new URL(provider.baseURL).port), '127.0.0.1');
      socket.on('data', (bytes) => reads.push(bytes.toString()));
      socket.once('close', () => resolve());
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    });
    expect(reads[0]).toMatch(/^HTTP\/1.1 200 OK[\s\S]*\r\n\r\n$/);
    expect(
      reads
        .slice(1)
        .filter((read) => read.includes('data: '))
        .map((read) => read.split('data: ').length - 1),
    ).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  it('can hold several events', async () => {
    const { parts, request } = await stream({ eventsPerWrite: 3 });
    expect(parts.map((part) => eventData(part).length)).toEqual([3, 3, 1]);
    expect(request.eventsSent).toBe(7);
  });

  it('can have any number of bytes, across events', async () => {
    const whole = await stream({});
    for (const splitEvery of [1, 7, 300]) {
      const { parts, text, request } = await stream({ splitEvery });
      expect(text).toBe(whole.text);
      expect(parts.slice(0, -1).every((part) => part.length === splitEvery)).toBe(true);
      expect(parts.length).toBe(Math.ceil(whole.text.length / splitEvery));
      expect(request).toMatchObject({ eventsSent: 7, bytesSent: whole.text.length });
    }
  });

  it('can begin at given offsets', async () => {
    const whole = await stream({});
    const { parts, text } = await stream({ splitAt: [1, 5, 500] });
    expect(parts.map((part) => part.length)).toEqual([1, 4, 495, whole.text.length - 500]);
    expect(text).toBe(whole.text);
  });

  it('can split plain answers, too', async () => {
    const provider = await startProvider({ answers: [jsonAnswer({ body: { a: 'bcd' }, splitEvery: 4 })] });
    const response = await post(provider, hi);
    expect(response.headers.get('content-length')).toBe('11');
    expect((await readWrites(response)).parts).toEqual(['{"a"', ':"bc', 'd"}']);
  });

  it('wait at the gate, and nothing after it is written', async () => {
    const gated = latch();
    const provider = await startProvider();
    const gate = (index: number): Promise<void> | undefined => (index === 2 ? gated.opened : undefined);
    provider.enqueue(chatAnswer({ ...words, gate }));
    const response = await post(provider, hiStream);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.read();
    const third = reader?.read();
    await textOfPost(provider, hi);
    expect(provider.requests[0]?.eventsSent).toBe(2);
    gated.open();
    expect(Buffer.from((await third)?.value ?? []).toString()).toContain('"content":"b"');
    await reader?.cancel();
  });

  it('can pause before each event', async () => {
    const startedAt = performance.now();
    await stream({ delayMs: 5 });
    expect(performance.now() - startedAt).toBeGreaterThan(7 * 4);
  });

  it('wait for a reader that pauses', async () => {
    const tokens = Array.from({ length: 400 }, () => 'x'.repeat(65_536));
    const provider = await startProvider({ answers: [chatAnswer({ tokens })] });
    const response = await post(provider, hiStream);
    const request = await provider.request(1);
    // Quiet means: other calls come and go on the same event loop and the counter stands still.
    let before: number;
    do {
      before = request.bytesSent;
      for (let call = 0; call < 10; call += 1) await textOfPost(provider, hi);
    } while (request.bytesSent > before);
    expect(request.bytesSent).toBeGreaterThan(0);
    expect(request.bytesSent).toBeLessThan(400 * 65_536 * 0.75);
    expect(eventData(await response.text()).length).toBe(403);
    await request.finished;
    expect(request).toMatchObject({ aborted: false, eventsSent: 403 });
  });
});

describe('cuts', () => {
  it('close the socket after so many events', async () => {
    const { text, error, request } = await stream({ cut: { afterEvents: 2 } });
    expect(eventData(text).length).toBe(2);
    expect(error).toMatchObject({ message: 'terminated' });
    expect(request).toMatchObject({ eventsSent: 2, aborted: false, status: 200 });
  });

  it('close the socket after the headers, and after the last event', async () => {
    const first = await stream({ cut: { afterEvents: 0 } });
    expect([first.response.status, first.parts, first.error]).toEqual([200, [], expect.any(Error)]);
    const last = await stream({ cut: { afterEvents: 7 } });
    expect([eventData(last.text).at(-1), last.error]).toEqual(['[DONE]', expect.any(Error)]);
    const beyond = await stream({ cut: { afterEvents: 8 } });
    expect(beyond.error).toBeUndefined();
  });

  it.for([{}, { splitEvery: 10 }, { eventsPerWrite: 5 }])(
    'close the socket after so many bytes with %o',
    async (split) => {
      const whole = await stream({});
      const { text, error, request } = await stream({ ...split, cut: { afterBytes: 333 } });
      expect(text).toBe(whole.text.slice(0, 333));
      expect(error).toBeInstanceOf(Error);
      expect(request).toMatchObject({ bytesSent: 333, eventsSent: 1 });
    },
  );

  it('tear plain answers in two', async () => {
    const provider = await startProvider({ answers: [jsonAnswer({ body: { a: 1 }, cut: { afterBytes: 3 } })] });
    const { parts, error } = await readWrites(await post(provider, hi));
    expect([parts, error]).toEqual([['{"a'], expect.any(Error)]);
  });

  it('can reset the connection', async () => {
    const { error } = await stream({ cut: { afterEvents: 1, how: 'reset' } });
    expect(error).toMatchObject({ cause: { code: 'ECONNRESET' } });
  });

  it('can end the body properly, streamed and plain', async () => {
    const { text, error } = await stream({ cut: { afterEvents: 2, how: 'end' } });
    expect([eventData(text).length, error]).toEqual([2, undefined]);
    const provider = await startProvider({
      answers: [jsonAnswer({ body: { a: 1 }, cut: { afterBytes: 3, how: 'end' } })],
    });
    expect(await textOfPost(provider, hi)).toBe('{"a');
  });
});

describe('stalls', () => {
  it('leave the connection open after so many events', async () => {
    const provider = await startProvider({ answers: [chatAnswer({ ...words, stall: { afterEvents: 3 } })] });
    const leave = new AbortController();
    const response = await post(provider, hiStream, undefined, { signal: leave.signal });
    const reader = response.body?.getReader();
    for (let event = 0; event < 3; event += 1) await reader?.read();
    const next = reader?.read().catch((error: unknown) => error);
    await textOfPost(provider, hi);
    const request = await provider.request(1);
    expect(request).toMatchObject({ eventsSent: 3, aborted: false });
    leave.abort();
    await request.finished;
    expect(request).toMatchObject({ eventsSent: 3, aborted: true });
    expect(await next).toMatchObject({ name: 'AbortError' });
  });

  it('write what still waits for a full write before the silence', async () => {
    const { parts } = await stream({ eventsPerWrite: 5, stall: { afterEvents: 2, forMs: 1 } });
    expect(parts.map((part) => eventData(part).length)).toEqual([2, 5]);
  });

  it('go on after a time', async () => {
    const startedAt = performance.now();
    const { text } = await stream({ stall: { afterEvents: 7, forMs: 30 } });
    expect(eventData(text).length).toBe(7);
    expect(performance.now() - startedAt).toBeGreaterThan(25);
  });

  it('hold the headers back', async () => {
    const provider = await startProvider({
      answers: [chatAnswer({ stall: {} }), chatAnswer({ stall: { forMs: 30 } })],
    });
    const leave = new AbortController();
    const response = post(provider, hi, undefined, { signal: leave.signal }).catch((error: unknown) => error);
    const request = await provider.request(1);
    const startedAt = performance.now();
    expect((await post(provider, hi)).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThan(25);
    expect(request.status).toBeUndefined();
    leave.abort();
    expect(await response).toMatchObject({ name: 'AbortError' });
    await request.finished;
    expect(request.aborted).toBe(true);
  });
});

describe('gzip', () => {
  it('is one archive that each event can be read from as it arrives', async () => {
    const plain = await stream({}, hiAsked);
    const packed = await stream({ gzip: true }, hiAsked);
    expect(packed.response.headers.get('content-encoding')).toBe('gzip');
    expect(packed.text).toBe(plain.text);

    const provider = await startProvider();
    const gated = latch();
    const gate = (index: number): Promise<void> | undefined => (index === 2 ? gated.opened : undefined);
    provider.enqueue(chatAnswer({ ...words, gzip: true, gate }));
    const gunzip = createGunzip();
    const archive: Buffer[] = [];
    let text = '';
    const sawFirstToken = new Promise<void>((resolve) => {
      gunzip.on('data', (bytes) => {
        text += String(bytes);
        if (text.includes('"content":"a"')) resolve();
      });
    });
    // The bare HTTP client does not unpack.
    const asked = http.request(`${provider.baseURL}/chat/completions`, { method: 'POST' }, (incoming) => {
      incoming.on('data', (bytes: Buffer) => archive.push(bytes));
      incoming.pipe(gunzip);
    });
    asked.end(JSON.stringify(hiStream));
    await sawFirstToken;
    expect(text).not.toContain('"content":"b"');
    gated.open();
    await new Promise((resolve) => gunzip.once('end', resolve));
    const { bytesSent } = await provider.request(1);
    // Checks the checksum and the length at the archive's end.
    expect(eventData(gunzipSync(Buffer.concat(archive)).toString()).at(-1)).toBe('[DONE]');
    expect(bytesSent).toBe(Buffer.concat(archive).length);
  });

  it('compresses plain answers, with the length of the archive', async () => {
    const provider = await startProvider({ answers: [jsonAnswer({ body: { a: 'b'.repeat(999) }, gzip: true })] });
    const response = await post(provider, hi);
    expect(Number(response.headers.get('content-length'))).toBeLessThan(100);
    expect(await response.json()).toEqual({ a: 'b'.repeat(999) });
  });

  it('can be torn while HTTP ends properly', async () => {
    const { request, text } = await stream({ gzip: true, cut: { afterBytes: 250, how: 'end' } });
    expect(request).toMatchObject({ bytesSent: 250, aborted: false });
    expect(eventData(text.slice(0, text.indexOf('\n\n'))).length).toBe(1);
    expect(text).not.toContain('[DONE]');
  });
});

describe('the event stream format', () => {
  it('can end lines with CRLF and CR', async () => {
    const whole = await stream({});
    expect((await stream({ lineEnd: '\r\n' })).text).toBe(whole.text.replaceAll('\n', '\r\n'));
    expect((await stream({ lineEnd: '\r' })).text).toBe(whole.text.replaceAll('\n', '\r'));
  });

  it('can begin with a byte order mark', async () => {
    const whole = await stream({});
    expect((await stream({ bom: true })).text).toBe(`\u00EF\u00BB\u00BF${whole.text}`);
  });

  it('can have comments before events, which do not count', async () => {
    const { text, request } = await stream({ comment: 'OPENROUTER PROCESSING' });
    expect(text.split(': OPENROUTER PROCESSING\n\ndata: ').length).toBe(8);
    expect(request.eventsSent).toBe(7);
  });

  it('can lack the last blank line', async () => {
    expect((await stream({ lastBlankLine: false })).text.endsWith('}\n\ndata: [DONE]\n')).toBe(true);
    expect((await stream({})).text.endsWith('data: [DONE]\n\n')).toBe(true);
  });
});
