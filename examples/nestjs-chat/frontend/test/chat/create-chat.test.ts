import { expect, test } from 'vitest';
import { createChat } from '../../src/chat/create-chat.ts';
import { chatServerForTests } from '../chat-server.ts';

const answerWith = chatServerForTests();
const message = {
  id: 'm2',
  role: 'assistant',
  content: 'Hello',
  status: 'complete',
  createdAt: '2026-01-01T00:00:00Z',
  totalTokens: 6,
} as const;

function sse(...events: readonly (object | string)[]): string {
  return events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');
}

test('an answer that was asked for before a reply does not take the reply away', async () => {
  const isAsked = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  answerWith(async (request, response) => {
    if (request.method === 'GET') {
      isAsked.resolve();
      await mayAnswer.promise;
      return response.end(JSON.stringify({ id: 'c1', title: '', messages: [] }));
    }
    const delta = { choices: [{ delta: { content: 'Hello' } }] };
    return response.end(sse(delta, { choices: [], done: { message } }, '[DONE]'));
  });
  const told: string[] = [];
  const usage = { apply: () => true, refresh: () => Promise.reject(new Error('nobody asks')) };
  const chat = createChat('c1', {
    usage,
    onAccepted: () => told.push('accepted'),
    onConversationUpdate: () => told.push('update'),
  });
  const load = chat.load();
  await isAsked.promise;
  await chat.send('Hi');
  mayAnswer.resolve();
  await load;
  expect(chat.get()).toMatchObject({ isBusy: false, messages: [{ content: 'Hi' }, message] });
  expect(told).toEqual(['accepted', 'update']);
});

test('hands usage frames on and shows none of them as text', async () => {
  const frame = { choices: [], usage: { total_tokens: 6 }, kilotoken: { rev: 1, add: { total: 6 } } };
  answerWith((_, response) => response.end(sse(frame, { choices: [], done: { message } }, '[DONE]')));
  const frames: unknown[] = [];
  const usage = {
    apply: (given: unknown) => frames.push(given) > 0,
    refresh: () => Promise.reject(new Error('nobody asks')),
  };
  const chat = createChat('c1', { usage, onConversationUpdate: () => undefined });
  await chat.send('Hi');
  expect(frames).toEqual([frame]);
  expect(chat.get().messages.at(-1)).toEqual(message);
});

test('a refused message comes back, and the conversation stays as it was', async () => {
  answerWith((request, response) => {
    if (request.method === 'GET') return response.end(JSON.stringify({ messages: [message] }));
    return response.writeHead(429).end(JSON.stringify({ code: 'too_many_requests' }));
  });
  const usage = { apply: () => true, refresh: () => Promise.reject(new Error('nobody asks')) };
  const chat = createChat('c1', { usage, onConversationUpdate: () => undefined });
  await chat.load();
  await chat.send('Hi');
  expect(chat.get()).toEqual({
    isLoaded: true,
    isBusy: false,
    messages: [message],
    problem: 'too_many_requests',
    unsent: 'Hi',
  });
});
