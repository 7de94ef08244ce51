import OpenAI4 from 'openai-v4';
import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../../src/index.ts';
import { errorAnswer, runAnswer } from '../../../src/testing/index.ts';
import { startProvider } from '../../testing/fake-provider-fixture.ts';
import { meteredClient } from '../metered-client.ts';

const assistant = { assistant_id: 'asst_fake', model: 'gpt-4o-mini' } as const;
const outputs = { thread_id: 'thread_9', tool_outputs: [{ tool_call_id: 'call_1', output: 'sunny' }] };
const tokens = { inputTokens: 5, outputTokens: 4, totalTokens: 9 };

describe('an assistants run', () => {
  it('that is created and polled makes one record, with the turn of its create', async () => {
    const { openai, meter, provider, records } = await meteredClient();
    provider.enqueue(runAnswer({ pendingPolls: 2 }));
    const turn = meter.track({ userId: 'u1' });
    const { id } = await openai.beta.threads.runs.create('thread_9', assistant, turn.options);
    expect(meter.stats().pending).toBe(1);
    for (let poll = 0; poll < 4; poll += 1)
      await openai.beta.threads.runs.retrieve(id, { thread_id: 'thread_9' }, turn.options);

    expect(await records()).toMatchObject([
      {
        operation: 'run',
        outcome: 'completed',
        origin: 'reported',
        tokens,
        attribution: { userId: 'u1' },
        requestModel: 'gpt-4o-mini',
        responseId: id,
      },
    ]);
    expect(meter.stats()).toMatchObject({ captured: 1, pending: 0 });
    expect(await turn.usage()).toMatchObject({ calls: 1, tokens, complete: true });
  });

  it.for(['runs of a thread', 'a thread made with its run'] as const)(
    'is counted once from its stream, its steps not at all: %s',
    async (way) => {
      const { openai, records } = await meteredClient();
      const stream =
        way === 'runs of a thread'
          ? openai.beta.threads.runs.stream('thread_9', assistant)
          : openai.beta.threads.createAndRunStream(assistant);
      const names = [];
      for await (const { event } of stream) names.push(event);
      expect(names).toContain('thread.run.step.completed');
      const run = await stream.finalRun();
      await openai.beta.threads.runs.retrieve(run.id, { thread_id: run.thread_id });
      expect(await records()).toMatchObject([{ responseId: run.id, streamed: true, tokens, outcome: 'completed' }]);
    },
  );

  it.for([true, false])(
    'that waits for a tool is counted when its outputs have gone in (stream: %s)',
    async (stream) => {
      const { openai, meter, provider, records } = await meteredClient();
      provider.enqueue(runAnswer({ requiresAction: true }));
      const turn = meter.track({ userId: 'u1' });
      let id = '';
      if (stream) {
        const events = await openai.beta.threads.runs.create('thread_9', { ...assistant, stream }, turn.options);
        for await (const event of events) if (event.event === 'thread.run.requires_action') ({ id } = event.data);
      } else ({ id } = await openai.beta.threads.runs.create('thread_9', assistant, turn.options));
      expect(await records()).toEqual([]);

      if (stream) {
        const answer = await openai.beta.threads.runs.submitToolOutputs(id, { ...outputs, stream });
        for await (const _ of answer);
      } else {
        await openai.beta.threads.runs.submitToolOutputs(id, outputs);
        await openai.beta.threads.runs.retrieve(id, outputs);
      }
      expect(await records()).toMatchObject([{ responseId: id, tokens, attribution: { userId: 'u1' } }]);
      expect(meter.stats()).toMatchObject({ captured: 1, pending: 0 });
    },
  );

  it.for([
    ['incomplete', 'completed'],
    ['failed', 'failed'],
    ['expired', 'failed'],
    ['cancelled', 'stopped'],
  ] as const)('that ends as %s is recorded as %s, with its usage', async ([end, outcome]) => {
    const { openai, provider, records } = await meteredClient();
    provider.enqueue(runAnswer({ end }));
    const { id } = await openai.beta.threads.runs.create('thread_9', assistant);
    await openai.beta.threads.runs.cancel(id, { thread_id: 'thread_9' });
    await openai.beta.threads.runs.retrieve(id, { thread_id: 'thread_9' });
    expect(await records()).toMatchObject([{ outcome, origin: 'reported', tokens }]);
  });

  it('is counted once by the helpers that poll', async () => {
    const { openai, meter, provider, records } = await meteredClient();
    provider.enqueue(runAnswer({ pendingPolls: 2 }), runAnswer({ requiresAction: true, pendingPolls: 1 }));
    const poll = { pollIntervalMs: 1 };
    const turn = meter.track({ userId: 'u1' });
    await openai.beta.threads.runs.createAndPoll('thread_9', assistant, turn.with(poll));
    const { id } = await openai.beta.threads.runs.createAndPoll('thread_9', assistant, turn.with(poll));
    await openai.beta.threads.runs.submitToolOutputsAndPoll(id, outputs, poll);
    expect(await records()).toMatchObject([
      { attempt: 1, attribution: { userId: 'u1' }, tokens },
      { attempt: 1, attribution: { userId: 'u1' }, responseId: id, tokens },
    ]);
    expect((await turn.usage()).calls).toBe(2);
  });

  it('is recorded once by two processes', async () => {
    const store = memoryStore();
    const provider = await startProvider();
    const [creator, poller] = [await meteredClient({ provider, store }), await meteredClient({ provider, store })];
    const { id } = await creator.openai.beta.threads.runs.create('thread_9', assistant);
    await poller.openai.beta.threads.runs.retrieve(id, { thread_id: 'thread_9' });
    await creator.openai.beta.threads.runs.retrieve(id, { thread_id: 'thread_9' });
    await poller.meter.flush();
    expect(await creator.records()).toMatchObject([{ responseId: id, tokens }]);
  });

  it('that is refused has a record of its own, and lists, steps and messages have none', async () => {
    const { openai, provider, records } = await meteredClient();
    provider.enqueue(errorAnswer({ status: 400 }));
    await openai.beta.threads.runs.create('thread_9', assistant).catch(() => undefined);
    await openai.beta.threads.runs.list('thread_9').catch(() => undefined);
    await openai.beta.threads.runs.steps.list('run_1', { thread_id: 'thread_9' }).catch(() => undefined);
    await openai.beta.threads.messages.list('thread_9').catch(() => undefined);
    expect(await records()).toMatchObject([{ outcome: 'refused', origin: 'missing' }]);
  });

  it('is counted the same way through openai 4', async () => {
    const { provider, meter, records } = await meteredClient();
    const openai = meter.wrap(new OpenAI4({ baseURL: provider.baseURL, apiKey: 'test' }));
    const stream = openai.beta.threads.runs.stream('thread_9', assistant);
    const run = await stream.finalRun();
    await openai.beta.threads.runs.retrieve('thread_9', run.id);
    expect(await records()).toMatchObject([{ responseId: run.id, tokens, streamed: true }]);
  });
});
