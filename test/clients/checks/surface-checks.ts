import { jsonAnswer, recordedAnswer, responsesAnswer } from '@kilotoken/core/testing';
import type { OpenAI } from 'openai';
import type { DropInCheck } from '../drop-in-check.ts';
import { all, chat, chatStream } from '../host.ts';

const responses = (openai: OpenAI): unknown => (openai as Partial<OpenAI>).responses;
const question = { model: 'gpt-5-mini', input: 'Name three rivers' };

/** Everything beside chat. */
export const surfaceChecks: readonly DropInCheck[] = [
  {
    name: 'a plain response is the same object',
    needs: responses,
    see: async ({ openai }) => openai.responses.create(question),
    records: ['responses completed reported'],
  },
  {
    name: 'a response stream gives the same events, and nothing is asked for in its request',
    needs: responses,
    see: async ({ openai, provider }) => {
      const events = await all(await openai.responses.create({ ...question, stream: true }));
      return { events, body: provider.requests[0]?.bodyText };
    },
    records: ['responses completed reported'],
  },
  {
    name: 'an incomplete response stream is metered from its last event',
    needs: responses,
    provider: () => ({ answers: [responsesAnswer({ end: 'incomplete' })] }),
    see: async ({ openai }) => all(await openai.responses.create({ ...question, stream: true })),
    records: ['responses completed reported'],
  },
  {
    name: 'the response stream helper gives the same final response',
    needs: responses,
    see: async ({ openai }) => {
      const stream = openai.responses.stream(question);
      const types: string[] = [];
      stream.on('event', ({ type }) => types.push(type));
      return { final: await stream.finalResponse(), types };
    },
    records: ['responses completed reported'],
  },
  {
    name: 'a background response that is polled is one record, as soon as it shows its usage',
    needs: responses,
    see: async ({ openai }) => {
      const created = await openai.responses.create({ ...question, background: true });
      const first = await openai.responses.retrieve(created.id);
      return { created, first, again: await openai.responses.retrieve(created.id) };
    },
    records: ['responses completed reported'],
    // The provider tells it twice.
    hasHiddenUsage: true,
  },
  {
    name: 'responses.parse gives the parsed output',
    needs: responses,
    provider: () => ({ answers: [responsesAnswer({ tokens: ['{"name":', '"Rhine"}'] })] }),
    see: async ({ openai }) => {
      const schema = { type: 'object', properties: { name: { type: 'string' } } };
      const format = { type: 'json_schema' as const, name: 'river', schema };
      return (await openai.responses.parse({ ...question, text: { format } })).output_parsed;
    },
    records: ['responses completed reported'],
  },
  {
    name: 'embeddings come decoded, as numbers and as base64',
    see: async ({ openai }) => {
      const body = { model: 'text-embedding-3-small', input: ['a b', 'c'] };
      const decoded = await openai.embeddings.create(body);
      return { decoded, base64: await openai.embeddings.create({ ...body, encoding_format: 'base64' }) };
    },
    records: ['embeddings completed reported', 'embeddings completed reported'],
  },
  {
    name: 'a large embedding answer is the same and metered',
    see: async ({ openai }) => {
      const input = Array.from({ length: 64 }, (_, index) => `word ${index}`);
      return openai.embeddings.create({ model: 'm', input, dimensions: 1024, encoding_format: 'float' });
    },
    records: ['embeddings completed reported'],
  },
  {
    name: 'an image comes as it is',
    see: async ({ openai }) => openai.images.generate({ model: 'gpt-image-1', prompt: 'A river' }),
    records: ['images completed reported'],
  },
  {
    name: 'a transcription goes out as multipart and comes back',
    see: async ({ openai, under }) => {
      const file = await under.sdk.toFile(Buffer.from('RIFF'), 'a.wav', { type: 'audio/wav' });
      return openai.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file });
    },
    records: ['transcription completed reported'],
  },
  {
    name: 'speech gives the unread binary response',
    needs: (openai) => (openai.audio as Partial<OpenAI['audio']>).speech,
    see: async ({ openai }) => {
      const response = await openai.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello' });
      const { bodyUsed } = response;
      return { bodyUsed, bytes: Buffer.from(await response.arrayBuffer()).toString('hex') };
    },
    records: ['speech completed none'],
  },
  {
    name: 'a moderation has no usage by nature, and models, files and unknown paths make no record',
    see: async ({ openai }) => {
      const models = await all(await openai.models.list());
      const files = await all(await openai.files.list());
      const missing = await openai.models.retrieve('none').catch((error: Error) => error.message);
      return { models, files, missing, moderation: await openai.moderations.create({ input: 'Hello' }) };
    },
    records: ['moderation completed none'],
  },
  {
    name: 'an assistants run, streamed, is metered from its last event',
    needs: (openai) => (openai.beta as Partial<OpenAI['beta']> | undefined)?.threads?.createAndRun,
    provider: () => ({ answers: [recordedAnswer({ body: runStream, usage: runUsage })] }),
    see: async ({ openai }) => all(await openai.beta.threads.createAndRun({ assistant_id: 'asst_1', stream: true })),
    records: ['run completed reported'],
  },
  {
    name: 'an assistants run that is polled is one record, as soon as it shows its usage',
    needs: (openai, major) => major > 4 && openai.beta.threads.runs,
    provider: () => ({
      answers: [
        jsonAnswer({ body: { ...run, status: 'queued', usage: null } }),
        jsonAnswer({ body: { ...run, status: 'completed' }, usage: runUsage }),
        jsonAnswer({ body: { ...run, status: 'completed' }, usage: runUsage }),
      ],
    }),
    see: async ({ openai }) => [
      await openai.beta.threads.runs.create('thread_1', { assistant_id: 'asst_1' }),
      await openai.beta.threads.runs.retrieve('run_1', { thread_id: 'thread_1' }),
      await openai.beta.threads.runs.retrieve('run_1', { thread_id: 'thread_1' }),
    ],
    records: ['run completed reported'],
    hasHiddenUsage: true,
  },
  {
    name: 'a raw post, plain and streamed, gives the same',
    see: async ({ openai }) => {
      const plain = await openai.post('/chat/completions', { body: chat });
      const streamed = openai.post('/chat/completions', { body: chatStream, stream: true });
      return { plain, chunks: await all((await streamed) as AsyncIterable<unknown>) };
    },
    records: ['chat completed reported', 'chat completed reported'],
  },
  {
    name: 'a raw post to a path of its own makes no record',
    provider: () => ({ answers: [jsonAnswer({ body: { ok: true, usage: { prompt_tokens: 5, total_tokens: 5 } } })] }),
    see: async ({ openai }) => openai.post('/something/else', { body: { a: 1 } }),
    records: [],
    hasHiddenUsage: true,
  },
];

const runUsage = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 };
const run = { id: 'run_1', object: 'thread.run', thread_id: 'thread_1', assistant_id: 'asst_1', model: 'gpt-4o' };
const runStream = (
  [
    ['thread.run.created', { ...run, status: 'queued', usage: null }],
    ['thread.run.in_progress', { ...run, status: 'in_progress', usage: null }],
    ['thread.run.completed', { ...run, status: 'completed', usage: runUsage }],
  ] as const
)
  .map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  .concat('event: done\ndata: [DONE]\n\n')
  .join('');
