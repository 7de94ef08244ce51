import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import OpenAI from 'openai';
import OpenAI4 from 'openai-v4';
import { describe, expect, it } from 'vitest';
import { createBatchLines } from '../../../src/capture/payloads/batch-lines.ts';
import { memoryStore } from '../../../src/index.ts';
import type { UsageStore } from '../../../src/index.ts';
import type { ProviderAnswer } from '../../../src/testing/index.ts';
import { errorAnswer, jsonAnswer, recordedAnswer } from '../../../src/testing/index.ts';
import { latch, startProvider } from '../../testing/fake-provider-fixture.ts';
import { meteredClient } from '../metered-client.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const created = 1_763_000_000;

interface LineOptions {
  readonly status?: number;
  readonly text?: string;
  readonly noIds?: boolean;
}

function resultLine(number: number, { status = 200, text = 'Grüße', noIds = false }: LineOptions = {}): string {
  const usage = {
    prompt_tokens: 100 * number,
    completion_tokens: number,
    total_tokens: 101 * number,
    prompt_tokens_details: { cached_tokens: 0 },
  };
  const body =
    status === 200
      ? {
          ...(noIds ? {} : { id: `chatcmpl-${number}` }),
          object: 'chat.completion',
          created: created + number,
          model: 'gpt-4o-mini-2024-07-18',
          choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
          usage,
        }
      : { error: { message: 'no', type: 'invalid_request_error' } };
  return JSON.stringify({
    ...(noIds ? {} : { id: `batch_req_${number}` }),
    custom_id: `task-${number}`,
    response: { status_code: status, request_id: `req-${number}`, body },
    error: null,
  });
}

function fileOf(...lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function fileAnswer(body: string | Uint8Array, splitEvery?: number): ProviderAnswer {
  const contentType = 'application/octet-stream';
  return recordedAnswer({ body, contentType, ...(splitEvery === undefined ? {} : { splitEvery }) });
}

const three = fileOf(resultLine(1), resultLine(2), resultLine(3));

describe('the results of a batch', () => {
  const ways: Record<string, (response: Response) => Promise<string>> = {
    text: (response) => response.text(),
    arrayBuffer: async (response) => Buffer.from(await response.arrayBuffer()).toString(),
    blob: async (response) => {
      const blob = await response.blob();
      expect(blob.type).toBe('application/octet-stream');
      return blob.text();
    },
    'its stream': async (response) => {
      const parts = [];
      for await (const part of response.body ?? []) parts.push(part);
      return Buffer.concat(parts).toString();
    },
  };

  it.for(Object.keys(ways).flatMap((way) => [[way, undefined] as const, [way, 7] as const]))(
    'make one record per line, read as %s, split every %s bytes',
    async ([way, splitEvery]) => {
      const { openai, meter, provider, records } = await meteredClient();
      provider.enqueue(fileAnswer(three, splitEvery));
      const turn = meter.track({ userId: 'nightly' });
      const response = await openai.files.content('file-1', turn.options);
      expect(await ways[way]?.(response)).toBe(three);

      const made = (await records()).toSorted((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
      expect(made).toMatchObject(
        [1, 2, 3].map((number) => ({
          operation: 'batch',
          outcome: 'completed',
          origin: 'reported',
          startedAt: new Date((created + number) * 1000),
          responseId: `chatcmpl-${number}`,
          requestId: `req-${number}`,
          responseModel: 'gpt-4o-mini-2024-07-18',
          attribution: { userId: 'nightly' },
          tokens: { inputTokens: 100 * number, outputTokens: number, totalTokens: 101 * number },
          streamed: false,
        })),
      );
      expect(await turn.usage()).toMatchObject({ calls: 3, tokens: { totalTokens: 606 }, complete: true });
      expect(await turn.stored()).toEqual({ stored: 3, pending: 0 });
      expect(meter.stats().pending).toBe(0);
    },
  );

  it('are recorded once, however often and by how many processes the file is downloaded', async () => {
    const store = memoryStore();
    const provider = await startProvider({ handle: () => fileAnswer(three) });
    const [first, second] = [await meteredClient({ provider, store }), await meteredClient({ provider, store })];
    const turn = first.meter.track({});
    for (const client of [first, first, second])
      await (await client.openai.files.content('file-1', turn.options)).text();
    await second.meter.flush();
    expect(await first.records()).toHaveLength(3);
    expect(await turn.usage()).toMatchObject({ calls: 3, tokens: { totalTokens: 606 } });
  });

  it('cost what the batch rate says, half of a call', async () => {
    const { openai, provider, records } = await meteredClient({ baseURL: 'https://api.openai.com/v1' });
    provider.enqueue(fileAnswer(fileOf(resultLine(100))));
    await (await openai.files.content('file-1')).text();
    const [record] = await records();
    // gpt-4o-mini: 0.15 and 0.60 USD per million; 10,000 in and 100 out.
    expect(record).toMatchObject({ provider: 'openai', cost: { picoUsd: 1_560_000_000 / 2, basis: 'card' } });
  });

  it('count a line without ids by its file and custom id, and a line of an error file by its status', async () => {
    const { openai, provider, records } = await meteredClient();
    const bad = fileOf(resultLine(4, { status: 400 }), resultLine(5, { status: 500 }));
    const expired = `${JSON.stringify({ id: 'batch_req_9', custom_id: 'x', response: null, error: { code: 'batch_expired' } })}\n`;
    provider.enqueue(fileAnswer(fileOf(resultLine(1, { noIds: true }), resultLine(2, { noIds: true }))));
    provider.enqueue(fileAnswer(bad + expired));
    await (await openai.files.content('file-1')).text();
    await (await openai.files.content('file-2')).text();
    const made = await records();
    const address = new URL(provider.baseURL).origin;
    // The rest of the address is nobody's business: gateways have secrets there.
    expect(made[0]?.id).toBe(`${address}/files/file-1/content/task-1`);
    expect(made.map(({ outcome, origin }) => `${outcome} ${origin}`)).toEqual([
      'completed reported',
      'completed reported',
      'refused missing',
      'failed missing',
    ]);
    expect(new Set(made.map(({ id }) => id)).size).toBe(4);
  });

  it('count a line of many megabytes, without holding it, and the lines around it', async () => {
    const { openai, provider, records } = await meteredClient();
    const long = resultLine(2, { text: 'word '.repeat(800_000) });
    const file = fileOf(resultLine(1), long, resultLine(3));
    for (const way of ['text', 'its stream'] as const) {
      provider.enqueue(fileAnswer(file));
      expect(await ways[way]?.(await openai.files.content(`file-${way.length}`))).toBe(file);
      expect((await records()).map(({ tokens, responseId }) => [responseId, tokens.totalTokens])).toEqual([
        ['chatcmpl-1', 101],
        ['chatcmpl-2', 202],
        ['chatcmpl-3', 303],
      ]);
    }
  });

  it('that were read are recorded where the download breaks off', async () => {
    const { openai, provider, records } = await meteredClient();
    provider.enqueue(
      recordedAnswer({ body: three, contentType: 'text/plain', cut: { afterBytes: three.length - 20 } }),
    );
    await expect((await openai.files.content('file-1')).text()).rejects.toThrow(/terminated|aborted/);
    const cut = await records();
    provider.enqueue(fileAnswer(three));
    const { body } = await openai.files.content('file-1');
    for await (const _ of body ?? []) break;
    expect([cut.length === 0 || cut.length === 2, (await records()).length]).toEqual([true, 3]);
  });

  it('are looked at in constant memory, however long a line is', async () => {
    const lines: unknown[] = [];
    const look = createBatchLines((line) => lines.push(line));
    look.push(Buffer.from('{"id": "batch_req_1", "custom_id": "a", "response": {"body": {"text": "'));
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    for (let part = 0; part < 1024; part += 1) look.push(Buffer.alloc(64 * 1024, 'x'));
    // Buffers are freed in the background, a while after they were collected.
    await expect
      .poll(() => {
        collectGarbage();
        return process.memoryUsage().arrayBuffers - before;
      })
      .toBeLessThan(3 * 1024 * 1024);
    look.push(Buffer.from('", "usage": {"total_tokens": 7}}}}\n'));
    expect(lines).toMatchObject([{ custom_id: 'a', response: { body: { usage: { total_tokens: 7 } } } }]);
  });

  it('are in the store when the promise of waitUntil settles', async () => {
    const [called, gate] = [latch(), latch()];
    const inner = memoryStore();
    const append: UsageStore['append'] = async (records) => {
      called.open();
      await gate.opened;
      return inner.append(records);
    };
    const settled: string[] = [];
    const waitUntil = (promise: Promise<unknown>): void => void promise.then(() => settled.push('settled'));
    const { openai, meter, provider } = await meteredClient({ store: { ...inner, append }, waitUntil });
    provider.enqueue(fileAnswer(three));
    await (await openai.files.content('file-1')).text();
    await called.opened;
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toEqual([]);
    gate.open();
    await meter.flush();
    expect(settled).toEqual(['settled']);
  });

  it('are counted through openai 4', async () => {
    const { provider, meter, records } = await meteredClient();
    const openai = meter.wrap(new OpenAI4({ baseURL: provider.baseURL, apiKey: 'test' }));
    provider.enqueue(fileAnswer(three));
    expect(await (await openai.files.content('file-1')).text()).toBe(three);
    expect(await records()).toHaveLength(3);
  });

  it('are not counted again as the total of the batch', async () => {
    const { openai, provider, records } = await meteredClient();
    provider.enqueue(
      jsonAnswer({
        body: { id: 'batch_1', object: 'batch', status: 'completed' },
        usage: { input_tokens: 9, output_tokens: 9, total_tokens: 18 },
      }),
    );
    expect((await openai.batches.retrieve('batch_1')).usage?.total_tokens).toBe(18);
    expect(await records()).toEqual([]);
  });
});

describe('a download of another file', () => {
  const files: Record<string, string | Uint8Array> = {
    'JSON lines of training':
      '{"messages":[{"role":"user","content":"hi"}]}\n{"messages":[],"usage":{"prompt_tokens":5}}\n',
    'one JSON object': '{"custom_id": 5, "usage": {"prompt_tokens": 5}}',
    'results after something else': `{"messages":[]}\n${three}`,
    'broken JSON': '{"custom_id": "a", "response": {"body": {"usage": {"prompt_tokens": 5}}\n',
    bytes: Uint8Array.from({ length: 200_000 }, (_, at) => (at * 7) % 256),
    nothing: '',
  };

  it.for(Object.keys(files))('makes no record and passes byte for byte: %s', async (name) => {
    const { openai, meter, provider, records } = await meteredClient();
    const body = files[name] ?? '';
    provider.enqueue(fileAnswer(body, 1000));
    const response = await openai.files.content('file-1');
    expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.from(body))).toBe(true);
    expect(await records()).toEqual([]);
    expect(meter.stats()).toMatchObject({ captured: 0, pending: 0 });
  });

  it('that fails gives the error a bare client gives', async () => {
    const { openai, provider, records } = await meteredClient();
    provider.enqueue(errorAnswer({ status: 404 }));
    await expect(openai.files.content('file-1')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    expect(await records()).toEqual([]);
  });
});
