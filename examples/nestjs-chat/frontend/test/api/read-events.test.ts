import { expect, test } from 'vitest';
import { readEvents } from '../../src/api/read-events.ts';

async function eventsOf(pieces: readonly Uint8Array<ArrayBuffer>[], end?: Error): Promise<string[]> {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      if (end) controller.error(end);
      else controller.close();
    },
  });
  const events: string[] = [];
  for await (const event of readEvents(body)) events.push(event);
  return events;
}

const text = 'data: {"a":"Привет"}\n\ndata: 2\r\n\r\n: a comment\n\ndata: [DONE]\n\n';

test('finds the same events wherever the network cuts the bytes', async () => {
  const bytes = new TextEncoder().encode(text);
  for (let cut = 1; cut < bytes.length; cut += 1) {
    expect(await eventsOf([bytes.slice(0, cut), bytes.slice(cut)])).toEqual(['{"a":"Привет"}', '2', '[DONE]']);
  }
});

test('leaves out an event that never became complete', async () => {
  expect(await eventsOf([new TextEncoder().encode('data: 1\n\ndata: 2')])).toEqual(['1']);
});

test('rejects as unanswered when the connection breaks', async () => {
  await expect(eventsOf([], new Error('gone'))).rejects.toMatchObject({ code: 'no_answer' });
});
