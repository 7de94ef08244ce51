import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import OpenAI from 'openai';
import { OpenAIRealtimeWebSocket } from 'openai/realtime/websocket';
import { OpenAIRealtimeWebSocket as RealtimeV4 } from 'openai-v4/beta/realtime/websocket';
import OpenAI4 from 'openai-v4';
import { OpenAIRealtimeWebSocket as RealtimeV5 } from 'openai-v5/realtime/websocket';
import OpenAI5 from 'openai-v5';
import { OpenAIRealtimeWebSocket as RealtimeV6 } from 'openai-v6/realtime/websocket';
import OpenAI6 from 'openai-v6';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMeter, memoryStore } from '../../../src/index.ts';
import { meteredClient } from '../metered-client.ts';
import { socketServer } from './socket-server.ts';
import type { SocketServer } from './socket-server.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const native = globalThis.WebSocket;

/** The clients insist on TLS; the server of the test has none. */
class PlainWebSocket extends native {
  constructor(url: string | URL, protocols?: string[]) {
    super(String(url).replace('wss:', 'ws:'), protocols);
  }
}

beforeEach(() => void (globalThis.WebSocket = PlainWebSocket as typeof WebSocket));
afterEach(() => void (globalThis.WebSocket = native));

interface Emitter {
  on(name: 'event' | 'error', listener: (event: { readonly type: string }) => void): unknown;
  readonly socket: WebSocket;
}

const usage = {
  total_tokens: 30,
  input_tokens: 20,
  output_tokens: 10,
  input_token_details: { text_tokens: 5, audio_tokens: 15, cached_tokens: 4 },
  output_token_details: { text_tokens: 2, audio_tokens: 8 },
};
const session = {
  type: 'session.created',
  session: { model: 'gpt-realtime-2025', audio: { input: { transcription: { model: 'gpt-4o-mini-transcribe' } } } },
};
const responseOf = (type: string, id: string, members: object = {}): object => ({
  type,
  response: { object: 'realtime.response', id, status: 'in_progress', usage: null, ...members },
});
const done = (id: string, status = 'completed'): object => responseOf('response.done', id, { status, usage });
const heard = {
  type: 'conversation.item.input_audio_transcription.completed',
  item_id: 'item_1',
  content_index: 0,
  transcript: 'hello',
  usage: { type: 'tokens', total_tokens: 7, input_tokens: 5, output_tokens: 2 },
};
const end = { type: 'test.end' };

/** Resolves when the emitter has passed on the last event of the test. */
function ended(emitter: Emitter, events: string[] = []): Promise<string[]> {
  return new Promise((resolve) => {
    emitter.on('event', ({ type }) => (type === end.type ? resolve(events) : events.push(type)));
  });
}

async function opened(socket: WebSocket): Promise<void> {
  if (socket.readyState !== socket.OPEN) await new Promise((resolve) => socket.addEventListener('open', resolve));
}

const clients: Record<string, (baseURL: string) => Emitter> = {
  'openai 4': (baseURL) => new RealtimeV4({ model: 'gpt-realtime' }, new OpenAI4({ baseURL, apiKey: 'test' })),
  'openai 5': (baseURL) => new RealtimeV5({ model: 'gpt-realtime' }, new OpenAI5({ baseURL, apiKey: 'test' })),
  'openai 6': (baseURL) => new RealtimeV6({ model: 'gpt-realtime' }, new OpenAI6({ baseURL, apiKey: 'test' })),
  'openai 7': (baseURL) =>
    new OpenAIRealtimeWebSocket({ model: 'gpt-realtime' }, new OpenAI({ baseURL, apiKey: 'test' })),
};

function clientOf(name: string, server: SocketServer): Emitter {
  const emitter = clients[name]?.(`http://${server.host}/v1`) as Emitter;
  // Without it the client rejects where nobody listens, as it does when the server drops the connection.
  emitter.on('error', () => undefined);
  return emitter;
}

async function connected(server: SocketServer): Promise<Emitter> {
  const emitter = clientOf('openai 7', server);
  await opened(emitter.socket);
  return emitter;
}

describe('an observed realtime connection', () => {
  it('remembers the newest 1,000 responses of a server that ends none', async () => {
    const server = await socketServer();
    const { meter, records } = await meteredClient();
    const emitter = await connected(server);
    meter.observe(emitter);
    const over = ended(emitter);
    const begun = Array.from({ length: 1003 }, (_, at) => responseOf('response.created', `resp_${at}`));
    server.send(session, ...begun, done('resp_1002'), end);
    await over;
    expect(meter.stats().pending).toBe(999);
    const made = (await records()).map(({ id, outcome }) => [id.slice(id.lastIndexOf('/') + 1), outcome]);
    const failed = ['resp_0', 'resp_1', 'resp_2'].map((id) => [id, 'failed']);
    expect(made).toEqual([...failed, ['resp_1002', 'completed']]);
  });

  it('keeps its turn, however many others are begun while nobody says anything', async () => {
    const server = await socketServer();
    const { meter, records } = await meteredClient();
    const emitter = await connected(server);
    meter.observe(emitter, meter.track({ userId: 'u1' }));
    for (let at = 0; at < 10_001; at += 1) meter.track({ userId: 'other' });
    await new Promise(setImmediate);
    collectGarbage();
    const over = ended(emitter);
    server.send(session, responseOf('response.created', 'resp_1'), done('resp_1'), end);
    await over;
    expect(await records()).toMatchObject([{ attribution: { userId: 'u1' }, tokens: { totalTokens: 30 } }]);
  });

  it.for(Object.keys(clients))('makes one record of each response and each transcription, through %s', async (name) => {
    const server = await socketServer();
    const { meter, records } = await meteredClient();
    const turn = meter.track({ userId: 'u1' });
    const emitter = clientOf(name, server);
    expect(meter.observe(emitter, turn)).toBe(emitter);
    const over = ended(emitter);
    await opened(emitter.socket);
    server.send(session, responseOf('response.created', 'resp_1'), done('resp_1'), heard, end);
    expect(await over).toEqual(['session.created', 'response.created', 'response.done', heard.type]);

    expect(await turn.usage()).toMatchObject({ calls: 2, tokens: { totalTokens: 37 }, complete: true });
    const common = {
      operation: 'realtime',
      outcome: 'completed',
      origin: 'reported',
      streamed: true,
      provider: '127.0.0.1',
    };
    expect(await records()).toMatchObject([
      {
        ...common,
        responseId: 'resp_1',
        requestModel: 'gpt-realtime-2025',
        attribution: { userId: 'u1' },
        tokens: {
          inputTokens: 20,
          cacheReadInputTokens: 4,
          audioInputTokens: 15,
          audioOutputTokens: 8,
          totalTokens: 30,
        },
      },
      { ...common, requestModel: 'gpt-4o-mini-transcribe', tokens: { totalTokens: 7 } },
    ]);
    emitter.socket.close();
  });

  it('is one where the app has a WebSocket of its own', async () => {
    const server = await socketServer();
    const { meter, records } = await meteredClient();
    const socket = meter.observe(new native(`ws://${server.host}/v1/realtime?model=gpt-realtime`));
    await opened(socket);
    const over = new Promise((resolve) => {
      socket.addEventListener('message', ({ data }) => String(data).includes(end.type) && resolve(data));
    });
    server.send({ type: 'response.output_audio.delta', delta: 'AAAA' }, done('resp_1'), end);
    await over;
    expect(await records()).toMatchObject([{ responseId: 'resp_1', requestModel: 'gpt-realtime' }]);
    socket.close();
  });

  it('counts each response once: repeated events, two observers and two meters on one store', async () => {
    const server = await socketServer();
    const store = memoryStore();
    const [first, second] = [createMeter({ store }), createMeter({ store })];
    const emitter = await connected(server);
    for (const meter of [first, first, second]) meter.observe(emitter);
    const over = ended(emitter);
    server.send(done('resp_1'), done('resp_1'), heard, heard, done('resp_2'), end);
    await over;
    for (const meter of [first, second]) await meter.flush();
    expect(first.stats().captured).toBe(3);
    expect(await store.totals({})).toMatchObject({ calls: 3, tokens: { totalTokens: 67 } });
    emitter.socket.close();
  });

  it('records how a response ended, and one that was cut off with its connection as failed', async () => {
    const server = await socketServer();
    const { meter, records } = await meteredClient();
    const emitter = meter.observe(await connected(server));
    const over = ended(emitter);
    server.send(done('resp_1', 'cancelled'), done('resp_2', 'failed'), done('resp_3', 'incomplete'));
    server.send(responseOf('response.created', 'resp_4'), end);
    await over;
    expect(meter.stats()).toMatchObject({ captured: 3, pending: 1 });
    const closed = new Promise((resolve) => emitter.socket.addEventListener('close', resolve));
    server.drop();
    await closed;
    expect((await records()).map(({ outcome, origin }) => `${outcome} ${origin}`)).toEqual([
      'stopped reported',
      'failed reported',
      'completed reported',
      'failed missing',
    ]);
    expect(meter.stats().pending).toBe(0);
  });

  it('leaves the events of the app alone where metering fails', async () => {
    const server = await socketServer();
    const { meter, errors } = await meteredClient({
      onRecord: () => {
        throw new Error('not now');
      },
    });
    const emitter = meter.observe(await connected(server));
    const over = ended(emitter);
    server.send(done('resp_1'), { type: 'response.done', response: 5 }, { type: 'session.created' }, end);
    expect(await over).toEqual(['response.done', 'response.done', 'session.created']);
    expect(errors).toMatchObject([{ code: 'metering_failed' }]);
    expect(meter.stats()).toMatchObject({ captured: 1, pending: 0 });
    emitter.socket.close();
  });

  it('is refused where it has no events', () => {
    const meter = createMeter({ store: memoryStore() });
    expect(() => meter.observe({})).toThrow(/which have events, got an object/);
  });
});
