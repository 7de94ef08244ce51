import { chatAnswer, errorAnswer } from '@kilotoken/core/testing';
import { ObjectId } from 'mongodb';
import { expect, test } from 'vitest';
import { chatAppForTests } from './chat-app.ts';

const app = chatAppForTests();
const ledger = () => app().db.collection('kt_ledger');
const userDocument = () => app().db.collection('users').findOne({});

test('somebody new has used nothing', async () => {
  const user = await app().signUp();
  expect(await user.profile()).toMatchObject({
    email: 'user1@example.com',
    totalTokensUsed: 0,
    totalPromptTokens: 0,
    totalCompletionTokens: 0,
  });
  expect(await (await user.get('/api/usage')).json()).toMatchObject({ total: 0, rev: 0 });
});

test('two streamed replies: their tokens are on the messages, and their sum is in the profile read next', async () => {
  const user = await app().signUp();
  const { id } = await user.newConversation();
  const first = await user.say(id, 'one two three');
  const profile = await user.profile();
  const second = await user.say(id, 'four');
  const after = await user.profile();

  const { messages, title } = await user.conversation(id);
  const wire = app().provider.requests.map(({ reportedUsage }) => reportedUsage);
  expect(title).toBe('one two three');
  expect(messages.map(({ role, status, content }) => [role, status, content])).toEqual([
    ['user', 'complete', 'one two three'],
    ['assistant', 'complete', first.text],
    ['user', 'complete', 'four'],
    ['assistant', 'complete', second.text],
  ]);
  expect(first.text).toBe('You said: one two three');
  for (const [index, message] of [messages[1], messages[3]].entries()) {
    expect({
      prompt_tokens: message?.promptTokens,
      completion_tokens: message?.completionTokens,
      total_tokens: message?.totalTokens,
    }).toEqual({
      prompt_tokens: wire[index]?.['prompt_tokens'],
      completion_tokens: wire[index]?.['completion_tokens'],
      total_tokens: wire[index]?.['total_tokens'],
    });
  }
  expect(messages[0]).not.toHaveProperty('totalTokens');
  const { inputTokens, outputTokens, totalTokens } = app().provider.generated.tokens;
  expect(after).toMatchObject({
    totalTokensUsed: totalTokens,
    totalPromptTokens: inputTokens,
    totalCompletionTokens: outputTokens,
  });
  // The totals were stored before `done` was sent, and it says so.
  expect(first.done).toMatchObject({ stored: true, totals: { totalTokensUsed: profile.totalTokensUsed } });
  expect(second.done).toMatchObject({ stored: true, message: messages[3], totals: { totalTokensUsed: totalTokens } });
  const snapshot = await (await user.get('/api/usage')).json();
  expect(snapshot).toMatchObject({ total: totalTokens, rev: 2, cost: { complete: true } });
});

test('the model is sent the conversation so far', async () => {
  const user = await app().signUp();
  const { id } = await user.newConversation();
  await user.say(id, 'one');
  await user.say(id, 'two');
  expect(app().provider.requests[1]?.body?.['messages']).toEqual([
    { role: 'user', content: 'one' },
    { role: 'assistant', content: 'You said: one' },
    { role: 'user', content: 'two' },
  ]);
});

test('a user from before there was metering, without the fields, counts from 0', async () => {
  const user = await app().signUp();
  await app()
    .db.collection('users')
    .updateMany({}, { $unset: { totalTokensUsed: 1, totalPromptTokens: 1, totalCompletionTokens: 1 } });
  expect(await user.profile()).toMatchObject({ totalTokensUsed: 0 });
  const { id } = await user.newConversation();
  await user.say(id, 'hello');
  expect((await user.profile()).totalTokensUsed).toBe(app().provider.generated.tokens.totalTokens);
});

test('the provider breaks off: the reader is told, what arrived is kept, and it is counted once', async () => {
  const user = await app().signUp();
  const { id } = await user.newConversation();
  app().provider.enqueue(
    chatAnswer({ tokens: ['Half', ' of', ' it'], errorChunk: { afterTokens: 2, hasUsage: true } }),
  );
  const { events, done, text } = await user.say(id, 'hello');
  expect(text).toBe('Half of');
  expect(events.slice(-4).map(kind)).toEqual(['usage', 'error', 'done', '[DONE]']);
  expect(done?.message).toMatchObject({ status: 'failed', content: 'Half of' });
  const { total_tokens: billed } = app().provider.requests[0]?.reportedUsage ?? {};
  expect(done?.message.totalTokens).toBe(billed);
  expect((await user.profile()).totalTokensUsed).toBe(billed);
  expect(await ledger().countDocuments()).toBe(1);
  expect((await user.conversation(id)).messages[1]).toEqual(done?.message);
});

test('the connection to the provider dies: what arrived is kept, and counted as an estimate', async () => {
  const user = await app().signUp();
  const { id } = await user.newConversation();
  app().provider.enqueue(chatAnswer({ tokens: ['Half', ' of', ' it'], cut: { afterEvents: 3 } }));
  const { events, done } = await user.say(id, 'hello');
  expect(done?.message).toMatchObject({ status: 'failed', content: 'Half of' });
  const usage = events.find(({ kilotoken }) => kilotoken !== undefined)?.kilotoken?.add;
  expect(usage?.estimated).toBeGreaterThan(0);
  expect((await user.profile()).totalTokensUsed).toBe(usage?.total);
  expect(done?.message.totalTokens).toBe(usage?.total);
});

test('a provider that refuses is 502, with nothing counted; the next reply is as if nothing had been', async () => {
  const user = await app().signUp();
  const { id } = await user.newConversation();
  app().provider.enqueue(errorAnswer({ status: 401, message: 'Incorrect API key: secret-key-of-the-provider' }));
  const refused = await user.post(`/api/conversations/${id}/messages`, { content: 'hello' });
  expect(refused.status).toBe(502);
  expect(await refused.json()).toEqual({
    statusCode: 502,
    code: 'provider_failed',
    message: 'the model did not answer',
  });
  expect((await user.profile()).totalTokensUsed).toBe(0);
  expect((await user.conversation(id)).messages[1]).toMatchObject({ status: 'failed', content: '' });
  const { done } = await user.say(id, 'again');
  expect(done?.totals.totalTokensUsed).toBe(app().provider.generated.tokens.totalTokens);
});

test('the reader leaves: what arrived is kept as stopped, and what it used is in the totals', async () => {
  const user = await app().signUp();
  const { id } = await user.newConversation();
  // Two words arrive, then the provider is silent until it is hung up on.
  app().provider.enqueue(chatAnswer({ tokens: ['Half', ' of', ' it'], stall: { afterEvents: 3 } }));
  const leave = new AbortController();
  const response = await user.post(`/api/conversations/${id}/messages`, { content: 'hello' }, { signal: leave.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes(' of')) text += (await reader?.read())?.value ?? '';
  leave.abort();
  await app().provider.requests[0]?.finished;

  const message = await eventually(async () => {
    const { messages } = await user.conversation(id);
    return messages[1]?.status !== 'streaming' && messages[1]?.totalTokens !== undefined ? messages[1] : undefined;
  });
  expect(message).toMatchObject({ status: 'stopped', content: 'Half of' });
  expect(app().provider.requests[0]?.aborted).toBe(true);
  expect(message.completionTokens).toBeGreaterThan(0);
  const profile = await eventually(async () => {
    const now = await user.profile();
    return now.totalTokensUsed > 0 ? now : undefined;
  });
  expect(profile.totalTokensUsed).toBe(message.totalTokens);
  expect(await ledger().countDocuments()).toBe(1);
});

test('a provider that knows no stream_options: each reply is there once, and nothing is counted twice', async () => {
  const user = await app().signUp();
  const { id } = await user.newConversation();
  app().provider.handle(() => chatAnswer({ rejectStreamOptions: true, usageWhen: 'always' }));
  const { text, done } = await user.say(id, 'one two');
  await user.say(id, 'three');
  expect(text).toBe('You said: one two');
  const { tokens } = app().provider.generated;
  expect(done?.message.totalTokens).toBe(app().provider.requests[1]?.reportedUsage?.['total_tokens']);
  expect(await user.profile()).toMatchObject({
    totalTokensUsed: tokens.totalTokens,
    totalPromptTokens: tokens.inputTokens,
  });
});

test('usage that the database refuses holds no reply up: the reader has it whole, and is told that the totals are old', async () => {
  const user = await app().signUp();
  const { id } = await user.newConversation();
  await user.say(id, 'hello');
  const before = await user.profile();
  await app().db.command({ collMod: 'kt_ledger', validator: { nobody: { $exists: true } } });
  const { text, done, events } = await user.say(id, 'one two');
  expect(text).toBe('You said: one two');
  expect(events.slice(-3).map(kind)).toEqual(['usage', 'done', '[DONE]']);
  expect(done).toMatchObject({ stored: false, totals: { totalTokensUsed: before.totalTokensUsed } });
  expect(done?.message).toMatchObject({ status: 'complete', totalTokens: expect.any(Number) });
  expect(events.at(-3)).not.toHaveProperty('kilotoken.total');
});

test('a ledger that is away holds no reply up for long; once it is back the totals are right', async () => {
  const user = await app().signUp();
  const { id } = await user.newConversation();
  await app().db.collection('kt_ledger').drop();
  await app().db.command({ create: 'kt_ledger', viewOn: 'users', pipeline: [] });
  const { text, done } = await user.say(id, 'one two');
  expect(text).toBe('You said: one two');
  expect(done).toMatchObject({ stored: false, totals: { totalTokensUsed: 0 } });
  await app().db.collection('kt_ledger').drop();
  const { totalTokensUsed } = await eventually(async () => {
    const now = await user.profile();
    return now.totalTokensUsed > 0 ? now : undefined;
  });
  expect(totalTokensUsed).toBe(app().provider.generated.tokens.totalTokens);
});

test('users come neither at the conversations nor at the usage of each other', async () => {
  const ada = await app().signUp();
  const bob = await app().signUp();
  const { id } = await ada.newConversation();
  await ada.say(id, 'a secret');
  const path = `/api/conversations/${id}`;
  const answers = [
    await bob.get(path),
    await bob.send('PATCH', path, { title: 'mine' }),
    await bob.send('DELETE', path),
    await bob.post(`${path}/messages`, { content: 'hello' }),
    await bob.get(`/api/conversations/${new ObjectId().toHexString()}`),
  ];
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
  const bodies = await Promise.all(answers.map((answer) => answer.text()));
  expect(new Set(bodies)).toHaveLength(1);
  expect(await (await bob.get('/api/conversations')).json()).toEqual([]);
  const { id: adaId } = await ada.profile();
  for (const query of [`?userId=${adaId}`, `?user=${adaId}`]) {
    expect(await (await bob.get(`/api/usage${query}`)).json()).toMatchObject({ total: 0 });
  }
  expect((await ada.conversation(id)).messages).toHaveLength(2);
  expect(app().provider.requests).toHaveLength(1);
});

test('replies that stream at the same time, in several conversations, are all in the totals', async () => {
  const user = await app().signUp();
  const ids = await Promise.all(Array.from({ length: 6 }, async () => (await user.newConversation()).id));
  const said = await Promise.all(ids.map((id, index) => user.say(id, 'word '.repeat(index + 1))));
  const { tokens } = app().provider.generated;
  expect((await user.profile()).totalTokensUsed).toBe(tokens.totalTokens);
  expect(said.map(({ done }) => done?.message.totalTokens ?? 0).reduce((sum, each) => sum + each)).toBe(
    tokens.totalTokens,
  );
});

test('a deleted conversation is gone with its messages; what it used stays counted', async () => {
  const user = await app().signUp();
  const { id } = await user.newConversation();
  await user.say(id, 'hello');
  const before = await user.profile();
  expect((await user.send('DELETE', `/api/conversations/${id}`)).status).toBe(204);
  expect((await user.get(`/api/conversations/${id}`)).status).toBe(404);
  expect(await app().db.collection('messages').countDocuments()).toBe(0);
  expect(await user.profile()).toEqual(before);
});

test('shutdown keeps a reply under way, counts it, and leaves nothing behind', async () => {
  const user = await app().signUp();
  const { id } = await user.newConversation();
  app().provider.enqueue(chatAnswer({ tokens: ['Half', ' of', ' it'], stall: { afterEvents: 3 } }));
  const response = await user.post(`/api/conversations/${id}/messages`, { content: 'hello' });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes(' of')) text += (await reader?.read())?.value ?? '';
  const closed = app().nest.close();
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { done: true };
    if (done) break;
    text += value;
  }
  await closed;
  expect(text).toMatch(/"status":"stopped".*\n\ndata: \[DONE\]\n\n$/);
  const message = await app().db.collection('messages').findOne({ role: 'assistant' });
  expect(message).toMatchObject({ status: 'stopped', content: 'Half of' });
  expect((await userDocument())?.['totalTokensUsed']).toBe(message?.['totalTokens']);
});

function kind(event: object | string): string {
  if (typeof event === 'string') return event;
  return (['kilotoken', 'error', 'done'].find((key) => key in event) ?? 'delta').replace('kilotoken', 'usage');
}

/** Asks until there is an answer; the time limit of the test ends it. */
async function eventually<Value>(ask: () => Promise<Value | undefined>): Promise<Value> {
  for (;;) {
    const value = await ask();
    if (value !== undefined) return value;
  }
}
