import { createOpenAI } from '@ai-sdk/openai';
import { chatAnswer } from '@kilotoken/core/testing';
import { streamText } from 'ai';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { chatAppForTests } from './chat-app.ts';
import { readEvents } from './read-events.ts';

const app = chatAppForTests();

test('usage comes before [DONE], after the words, in chunks as OpenAI sends them', async () => {
  const user = await app().signUp();
  const { id } = await user.newConversation();
  const { events, response } = await user.say(id, 'one two');
  const { tokens } = app().provider.generated;
  const usage = {
    prompt_tokens: tokens.inputTokens,
    completion_tokens: tokens.outputTokens,
    total_tokens: tokens.totalTokens,
  };
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  expect(response.headers.get('x-message-id')).toBe((await user.conversation(id)).messages[1]?.id);
  expect(events.at(-1)).toBe('[DONE]');
  expect(events.at(-2)).toMatchObject({ choices: [], usage, done: { stored: true } });
  expect(events.at(-3)).toMatchObject({
    object: 'chat.completion.chunk',
    choices: [],
    usage,
    kilotoken: { id: response.headers.get('x-message-id'), total: tokens.totalTokens, rev: 1 },
  });
  // Nothing the app did not make: the meter asked for usage, and hid that it did.
  for (const event of events.slice(0, -3)) expect(event).not.toHaveProperty('usage');
});

test('what a provider says of its own price reaches no browser', async () => {
  const user = await app().signUp();
  const { id } = await user.newConversation();
  const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4, cost: 0.123456 };
  app().provider.enqueue(chatAnswer({ text: 'Hi', usage, usageAt: 'finish-chunk', usageWhen: 'always' }));
  const response = await user.post(`/api/conversations/${id}/messages`, { content: 'hello' });
  const events = readEvents(await response.text());
  expect(events.filter((event) => JSON.stringify(event).includes('"finish_reason":"stop"'))).toHaveLength(1);
  for (const event of events.slice(0, -3)) expect(event).not.toHaveProperty('usage');
});

test('the OpenAI client reads a reply: its words, its usage, and no error', async () => {
  const user = await app().signUp();
  const { id } = await user.newConversation();
  const { tokens } = app().provider.generated;
  expect(tokens.totalTokens).toBe(0);
  const response = await user.post(`/api/conversations/${id}/messages`, { content: 'one two' });
  const client = readerOf(response);
  const completion = await client.chat.completions
    .stream({ model: 'any', messages: [], stream_options: { include_usage: true } })
    .finalChatCompletion();
  expect(completion.choices[0]?.message.content).toBe('You said: one two');
  expect(completion.usage?.total_tokens).toBe(app().provider.generated.tokens.totalTokens);
});

test('the OpenAI client throws what went wrong in the middle of a reply, after it has read the usage', async () => {
  const user = await app().signUp();
  const { id } = await user.newConversation();
  app().provider.enqueue(chatAnswer({ tokens: ['Half', ' of'], errorChunk: { afterTokens: 1, hasUsage: true } }));
  const response = await user.post(`/api/conversations/${id}/messages`, { content: 'hello' });
  const stream = await readerOf(response).chat.completions.create({ model: 'any', messages: [], stream: true });
  let usage: unknown;
  const error = await (async () => {
    for await (const chunk of stream) usage = chunk.usage ?? usage;
    return undefined;
  })().catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(OpenAI.APIError);
  expect(error).toMatchObject({ code: 'provider_failed' });
  expect(usage).toMatchObject({ total_tokens: app().provider.reported.tokens.totalTokens });
});

test('the AI SDK reads a reply: its words, its usage, and no error', async () => {
  const user = await app().signUp();
  const { id } = await user.newConversation();
  const response = await user.post(`/api/conversations/${id}/messages`, { content: 'one two' });
  const { chat } = createOpenAI({ apiKey: 'none', fetch: () => Promise.resolve(response) });
  const errors: unknown[] = [];
  const onError = ({ error }: { readonly error: unknown }): void => void errors.push(error);
  const result = streamText({ model: chat('any'), prompt: 'any', maxRetries: 0, onError });
  expect(await result.text).toBe('You said: one two');
  expect(await result.finishReason).toBe('stop');
  expect((await result.usage).totalTokens).toBe(app().provider.generated.tokens.totalTokens);
  expect(errors).toEqual([]);
});

/** A client whose server is a reply of the app. */
function readerOf(response: Response): OpenAI {
  return new OpenAI({ apiKey: 'none', maxRetries: 0, fetch: () => Promise.resolve(response) });
}
