import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { MeterError } from '../errors.ts';
import { checkOptions } from './check-options.ts';
import { defaultAnswer } from './answers/default-answer.ts';
import { deliverAnswer } from './delivery/deliver-answer.ts';
import { errorAnswer } from './answers/error-answer.ts';
import type { ProviderAnswer, WireAnswer } from './provider-answer.ts';
import type { ProviderRequest } from './provider-request.ts';
import { type Exchange, openExchange } from './request-log.ts';
import { refuseStreamOptions, type StreamOptionsRefusal } from './answers/stream-options-refusal.ts';
import { sumUsage, type UsageSum } from './answers/wire-usage.ts';

/** Chooses the answer to a request; `undefined` leaves it to the provider's default. */
export type AnswerHandler = (
  request: ProviderRequest,
) => ProviderAnswer | undefined | Promise<ProviderAnswer | undefined>;

/** Options of {@link fakeProvider}. All are optional. */
export interface FakeProviderOptions {
  /** Answers to the first requests, in order; the same as calling `enqueue` right after the start. */
  readonly answers?: readonly ProviderAnswer[];
  /** Chooses answers when no scripted one is left; the same as calling `handle` right after the start. */
  readonly handle?: AnswerHandler;
  /** Ids that `GET /models` lists; default `['fake-model']`. Other models are answered as well. */
  readonly models?: readonly string[];
  /** Refuses every request with `stream_options`, without taking a scripted answer. Default false. */
  readonly rejectStreamOptions?: StreamOptionsRefusal;
  /** Port on 127.0.0.1; default 0: any free one. */
  readonly port?: number;
  /** Returns the current time, for `receivedAt` and `created`; default: the system clock. */
  readonly clock?: () => Date;
}

const optionNames: Readonly<Record<keyof FakeProviderOptions, true>> = {
  answers: true,
  handle: true,
  models: true,
  rejectStreamOptions: true,
  port: true,
  clock: true,
};

/** A running fake provider, started by {@link fakeProvider}. */
export interface FakeProvider {
  /** Pass it as `baseURL` to a client; for example `http://127.0.0.1:40123/v1`. Any other base path works, too. */
  readonly baseURL: string;
  /** Every request whose body has arrived, in order of arrival. */
  readonly requests: readonly ProviderRequest[];
  /** What the test's own handlers, gates and answers threw. Empty in a correct test. */
  readonly errors: readonly unknown[];
  /** The usage of all answers so far, as a provider would bill it, whether or not it was asked for. */
  readonly generated: UsageSum;
  /** The usage that was actually sent to clients: the last usage object of each request. */
  readonly reported: UsageSum;
  /** Adds answers to the script. Each request takes the next one, whatever its path. */
  enqueue(...answers: readonly ProviderAnswer[]): void;
  /** Sets the function that chooses when no scripted answer is left; `undefined` removes it. */
  handle(handler: AnswerHandler | undefined): void;
  /** Waits until `count` requests have arrived, and resolves to the last of them; 1 is the first since the start or `reset`. */
  request(count: number): Promise<ProviderRequest>;
  /** Clears requests, sums, errors, stored Responses, the script and the handler. Open answers continue. */
  reset(): void;
  /** Closes all connections, including open answers, and the server. Can be called again. */
  close(): Promise<void>;
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts an OpenAI-compatible HTTP server on a loopback port, for tests without a network and without a bill.
 *
 * Without a script it answers chat completions, completions and responses (plain and streamed), embeddings, moderations, models, files,
 * speech, transcriptions, images and assistants runs like OpenAI, with one token per word, and ids that count requests. It treats
 * `stream_options.include_usage` exactly as OpenAI does. Script everything else with answers: {@link chatAnswer},
 * {@link responsesAnswer}, {@link runAnswer}, {@link jsonAnswer}, {@link errorAnswer}, {@link recordedAnswer}; {@link DeliveryOptions}
 * makes them fail.
 *
 * A client in the same process gets each write as a separate read. A client in another process may get several writes at once; use a
 * `gate` there. The operating system buffers what the client has not read (some hundred kilobytes to a few megabytes on loopback), so a
 * back-pressure test must send well above that.
 *
 * @throws `MeterError` with code `invalid_options` for an unknown option.
 *
 * @example
 * ```ts
 * const provider = await fakeProvider({ answers: [chatAnswer({ text: 'Hello there' })] });
 * const openai = new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' });
 * await openai.chat.completions.create({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hi' }] });
 * console.log(provider.generated.tokens.totalTokens); // 3
 * await provider.close();
 * ```
 */
export async function fakeProvider(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  checkOptions('fakeProvider', options, optionNames);
  const { models = ['fake-model'], clock = () => new Date() } = options;
  const exchanges: Exchange[] = [];
  const errors: unknown[] = [];
  const script: ProviderAnswer[] = [...(options.answers ?? [])];
  const stored = new Map<string, ProviderAnswer>();
  let waiting: { readonly count: number; readonly resolve: (request: ProviderRequest) => void }[] = [];
  let handler = options.handle;
  let sequence = 0;
  let closing: Promise<void> | undefined;

  async function choose(request: ProviderRequest): Promise<ProviderAnswer> {
    const refusal = refuseStreamOptions(request, options.rejectStreamOptions);
    if (refusal !== undefined) return { render: () => refusal };
    const chosen = script.shift() ?? (await handler?.(request));
    if (chosen !== undefined) return chosen;
    return stored.get(objectPathOf(request)) ?? defaultAnswer(request, models);
  }

  async function render(request: ProviderRequest): Promise<WireAnswer> {
    const context = { createdSeconds: Math.floor(request.receivedAt.getTime() / 1000) };
    try {
      const answer = await (await choose(request)).render(request, context);
      if (answer.stored !== undefined) {
        const { path = `${request.path}/${answer.stored.id}` } = answer.stored;
        stored.set(path, answer.stored.answer);
      }
      return answer;
    } catch (error) {
      errors.push(error);
      return errorAnswer({ status: 500, message: `The test's answer failed: ${String(error)}` }).render(
        request,
        context,
      );
    }
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const receivedAt = clock();
    const gone = new AbortController();
    let exchange: Exchange | undefined;
    let isCut = false;
    response.once('close', () => {
      if (exchange !== undefined) {
        exchange.aborted = !response.writableFinished && !isCut && closing === undefined;
        exchange.finish();
      }
      gone.abort();
    });

    const body = await readBody(incoming);
    if (body === undefined) return;
    sequence += 1;
    exchange = openExchange(incoming, body, sequence, receivedAt);
    exchanges.push(exchange);
    tellWaiting();

    const answer = await render(exchange.request);
    exchange.generatedUsage = answer.generatedUsage;
    response.setHeader('x-request-id', `req_${exchange.request.sequence}`);
    try {
      await deliverAnswer(response, answer, gone.signal, exchange, () => {
        isCut = true;
      });
    } catch (error) {
      errors.push(error);
      isCut = true;
      response.destroy();
    }
  }

  function tellWaiting(): void {
    waiting = waiting.filter(({ count, resolve }) => {
      const arrived = requestAt(count);
      if (arrived !== undefined) resolve(arrived);
      return arrived === undefined;
    });
  }

  function requestAt(count: number): ProviderRequest | undefined {
    return exchanges[count - 1]?.request;
  }

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => {
      errors.push(error);
      response.destroy();
    });
  });
  // A test may pause for as long as it likes; a server that hangs up on an idle connection races with the next call.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  const port = await listen(server, options.port ?? 0);

  function close(): Promise<void> {
    closing ??= new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    return closing;
  }

  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    get requests() {
      return exchanges.map(({ request }) => request);
    },
    get errors() {
      return [...errors];
    },
    get generated() {
      return sumUsage(exchanges.map((exchange) => exchange.generatedUsage));
    },
    get reported() {
      return sumUsage(exchanges.map((exchange) => exchange.reportedUsage));
    },
    enqueue: (...answers) => void script.push(...answers),
    handle: (next) => {
      handler = next;
    },
    request(count) {
      const arrived = requestAt(count);
      if (arrived !== undefined) return Promise.resolve(arrived);
      return new Promise((resolve) => waiting.push({ count, resolve }));
    },
    reset() {
      exchanges.length = 0;
      errors.length = 0;
      script.length = 0;
      stored.clear();
      handler = undefined;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The path of the object that a request reads, cancels or goes on with. */
function objectPathOf({ method, path }: ProviderRequest): string {
  return method === 'GET' ? path : path.replace(/\/(?:cancel|submit_tool_outputs)$/, '');
}

/** Resolves to `undefined` where the client leaves before the end of its request. */
async function readBody(incoming: IncomingMessage): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  try {
    const stream: AsyncIterable<Uint8Array> = incoming;
    for await (const part of stream) parts.push(part);
  } catch {
    return undefined;
  }
  return Buffer.concat(parts);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new MeterError('unsupported', 'fakeProvider could not listen on a TCP port of 127.0.0.1'));
    });
  });
}
