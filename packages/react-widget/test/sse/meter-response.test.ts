import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createUsageStore } from '../../src/core.ts';
import { meterResponse, onUsageFrame } from '../../src/sse.ts';
import { usageChunk, usageSnapshot } from '../store/usage-server.ts';

const frame = `event: usage\ndata: ${JSON.stringify(usageChunk('m1', 50, { rev: 2 }))}\n\n`;
const text = `data: {"choices":[{"delta":{"content":"Привет, 世界 "}}]}\n\n: ping\n\n${frame}data: [DONE]\n\n`;

async function collect(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

function inPieces(bytes: Uint8Array, sizes: readonly number[]): Response {
  let from = 0;
  let turn = 0;
  return new Response(
    new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        if (from >= bytes.length) return controller.close();
        const size = sizes[turn++ % sizes.length] ?? 1;
        controller.enqueue(new Uint8Array(bytes.slice(from, (from += size))));
      },
    }),
  );
}

describe('meterResponse', () => {
  test('finds the frame in every cutting of the stream and with every line ending, and changes no byte', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        async (sizes, ending) => {
          const bytes = new TextEncoder().encode(text.replaceAll('\n', ending));
          const apply = vi.fn<(frame: unknown) => boolean>();
          const read = await collect(meterResponse(inPieces(bytes, sizes), { apply }));
          expect(read).toEqual(bytes);
          expect(apply.mock.calls).toEqual([[usageChunk('m1', 50, { rev: 2 })]]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('shows the frame of a real server before the stream has ended, with status and headers kept', async () => {
    let end = (): void => undefined;
    const server = createServer((_, response) => {
      response.writeHead(201, { 'content-type': 'text/event-stream', 'x-chat': '7' });
      response.write(frame);
      end = () => response.end('data: [DONE]\n\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const store = createUsageStore({ initial: usageSnapshot({ rev: 1, total: 1000 }) });
    const response = meterResponse(await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), store);
    expect([response.status, response.headers.get('x-chat')]).toEqual([201, '7']);
    const reader = response.body?.getReader();
    await reader?.read();
    expect(store.get().usage?.total).toBe(1050);
    end();
    await reader?.cancel();
  });

  test('keeps where a redirected answer is from, also in a clone', async () => {
    const server = createServer(({ url }, response) => {
      if (url === '/old') response.writeHead(307, { location: '/new' }).end();
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).end(frame);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/old`);
    const origin = ({ url, redirected, type }: Response) => ({ url, redirected, type });
    const expected = origin(answer);
    expect(expected).toMatchObject({ url: expect.stringMatching(/\/new$/), redirected: true, type: 'basic' });
    const response = meterResponse(answer, { apply: vi.fn<(frame: unknown) => boolean>() });
    const clone = response.clone();
    expect([origin(response), origin(clone), origin(clone.clone())]).toEqual([expected, expected, expected]);
    expect(await Promise.all([response.text(), clone.text()])).toEqual([frame, frame]);
  });

  test('returns an answer without a body as it is', () => {
    const response = new Response(null, { status: 204 });
    expect(meterResponse(response, { apply: vi.fn<(frame: unknown) => boolean>() })).toBe(response);
  });

  test('goes on where another store than ours throws, which is told as of any listener', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const apply = vi.fn<(frame: unknown) => boolean>().mockImplementationOnce(() => {
      throw new Error('mine');
    });
    const bytes = new TextEncoder().encode(frame + frame);
    expect(await collect(meterResponse(inPieces(bytes, [bytes.length]), { apply }))).toEqual(bytes);
    expect(apply).toHaveBeenCalledTimes(2);
    expect(() => vi.runAllTimers()).toThrow('mine');
    vi.useRealTimers();
  });

  test('skips an event of a megabyte and reads the next', async () => {
    const long = `data: {"kilotoken":{"x":"${'a'.repeat(1_000_000)}"}}\n\n`;
    const apply = vi.fn<(frame: unknown) => boolean>();
    await collect(meterResponse(inPieces(new TextEncoder().encode(long + frame), [1000]), { apply }));
    expect(apply).toHaveBeenCalledTimes(1);
  });
});

describe('onUsageFrame', () => {
  test.for([null, 3, '[DONE]', '{"kilotoken":', {}, { choices: [] }, '{"content":"\\"kilotoken\\""}'])(
    'leaves %j to the app and tells nobody',
    (event) => {
      const apply = vi.fn<(frame: unknown) => boolean>();
      expect(onUsageFrame(event, { apply })).toBe(false);
      expect(apply).not.toHaveBeenCalled();
    },
  );

  test('takes objects and JSON text', () => {
    const apply = vi.fn<(frame: unknown) => boolean>();
    const chunk = usageChunk('m1', 5);
    expect([onUsageFrame(chunk, { apply }), onUsageFrame(JSON.stringify(chunk), { apply })]).toEqual([true, true]);
    expect(apply.mock.calls).toEqual([[chunk], [chunk]]);
  });
});
