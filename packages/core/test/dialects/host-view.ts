import type OpenAI from 'openai';
import type { ReplayedDialect } from './replayed-dialects.ts';

/** What an app sees of one call: what it could read, and the error that ended the reading. */
export interface HostView {
  readonly values: readonly unknown[];
  readonly error?: Readonly<Record<string, unknown>>;
}

/** Reads the whole answer through the SDK: the parsed object, or every chunk of the stream. */
export async function readParsed(client: OpenAI, dialect: ReplayedDialect, asks: boolean): Promise<HostView> {
  const values: unknown[] = [];
  try {
    const answer: unknown = await callOf(client, dialect, asks);
    if (isStream(answer)) for await (const chunk of answer) values.push(chunk);
    else values.push(answer);
    return { values };
  } catch (error) {
    return { values, error: errorView(error) };
  }
}

/** Reads the bytes of the answer, as an app does that passes them on. */
export async function readBytes(client: OpenAI, dialect: ReplayedDialect, asks: boolean): Promise<string> {
  const response = await callOf(client, dialect, asks).asResponse();
  return Buffer.from(await response.arrayBuffer()).toString();
}

/** Reads the answer as text, which takes a byte order mark off where the platform does. */
export async function readText(client: OpenAI, dialect: ReplayedDialect, asks: boolean): Promise<string> {
  const response = await callOf(client, dialect, asks).asResponse();
  return response.text();
}

/** Calls the method an app would, with types loose enough for what other providers than OpenAI answer. */
function callOf(client: OpenAI, { surface, form, name }: ReplayedDialect, asks: boolean): Call {
  const stream = form === 'sse' ? { stream: true } : {};
  const asking = asks ? { stream_options: { include_usage: true } } : {};
  const body = { model: 'm', ...stream, ...asking };
  const messages = [{ role: 'user', content: 'Name three rivers' }];
  switch (surface) {
    case 'chat':
      return client.chat.completions.create({ ...body, messages } as never);
    case 'completions':
      return client.completions.create({ ...body, prompt: 'Name three rivers' } as never);
    case 'responses':
      return client.responses.create({ ...body, input: 'Name three rivers' } as never);
    case 'embeddings':
      return client.embeddings.create({ ...body, input: 'rivers', encoding_format: 'float' } as never);
    case 'images':
      return client.images.generate({ ...body, prompt: 'A river' } as never);
    case 'audio':
      return client.audio.transcriptions.create({ ...body, file: new File(['RIFF'], 'a.wav') } as never);
    case 'generation':
      return client.get('/generation?id=gen-1');
    default:
      throw new Error(`No call is known for "${surface}" of the dialect ${name}`);
  }
}

/** What every method of the SDK returns. */
interface Call extends Promise<unknown> {
  asResponse(): Promise<Response>;
}

function isStream(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
}

function errorView(error: unknown): Readonly<Record<string, unknown>> {
  const { name, message, cause } = error as Error;
  const { status, code, type, param, error: body } = error as Record<string, unknown>;
  return { class: (error as object).constructor, name, message, cause, status, code, type, param, body };
}
