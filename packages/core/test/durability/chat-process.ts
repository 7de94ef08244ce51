// An app in a process of its own, for the tests that kill it. Several users chat at once; stdout says what happened, one
// line each: `seen <messageId> <totalTokens>` the read loop of a call has ended, `error <code> <messageId>` what onError heard,
// `stats <json>` at the end of a process that ends by itself. Its one argument is a JSON of ChatProcessOptions.
import { writeSync } from 'node:fs';
import OpenAI from 'openai';
import { createMeter, sqliteStore } from '../../src/index.ts';
import type { MeterOptions } from '../../src/index.ts';

/** What the app is told. */
export interface ChatProcessOptions {
  readonly baseURL: string;
  readonly database: string;
  readonly journal?: string;
  /** Message ids begin with it. */
  readonly name: string;
  /** Default: until it is killed. */
  readonly calls?: number;
  /** Users who chat at once; default 3. */
  readonly users?: number;
  readonly flushIntervalMs?: number;
  readonly drainOn?: NonNullable<MeterOptions['drainOn']>;
  /** Lives on after its calls. */
  readonly isServer?: boolean;
  /** The store takes nothing. */
  readonly isStoreDown?: boolean;
}

const options = JSON.parse(process.argv[2] ?? '{}') as ChatProcessOptions;
const { name, calls = Infinity, users = 3, flushIntervalMs = 20 } = options;
const store = sqliteStore({ path: options.database });
const down = { ...store, append: () => Promise.reject(new Error('down')) };
const meter = createMeter({
  store: options.isStoreDown === true ? down : store,
  queue: { flushIntervalMs },
  ...(options.journal === undefined ? {} : { journal: { path: options.journal } }),
  ...(options.drainOn === undefined ? {} : { drainOn: options.drainOn }),
  onError: (error, record) => say(`error ${error.code} ${record?.attribution.messageId ?? '-'}`),
});
const openai = meter.wrap(new OpenAI({ baseURL: options.baseURL, apiKey: 'test', maxRetries: 0 }));
process.on('exit', () => say(`stats ${JSON.stringify(meter.stats())}`));
if (options.isServer === true) setInterval(() => {}, 60_000);

let begun = 0;
await Promise.all(Array.from({ length: users }, (_, user) => chat(`user-${user}`)));
say(`done ${begun}`);

async function chat(userId: string): Promise<void> {
  while (begun < calls) {
    const index = begun;
    begun += 1;
    const messageId = `${name}-${index}`;
    const words = 1 + (index % 5);
    const turn = meter.track({ userId, messageId });
    // oxlint-disable-next-line no-await-in-loop -- a user waits for the answer
    await ask(index, Array.from({ length: words }, () => 'word').join(' '), turn.options);
    // One token per word, and the provider repeats the words after two of its own.
    say(`seen ${messageId} ${2 * words + 2}`);
  }
}

async function ask(index: number, content: string, turn: { readonly headers: Record<string, string> }): Promise<void> {
  const messages = [{ role: 'user' as const, content }];
  const model = 'gpt-5-mini';
  if (index % 4 === 0) {
    await openai.chat.completions.create({ model, messages }, turn);
  } else if (index % 4 === 1) {
    const stream = await openai.responses.create({ model, input: content, stream: true }, turn);
    for await (const _ of stream);
  } else {
    const include = index % 4 === 2 ? {} : { stream_options: { include_usage: true } };
    const stream = await openai.chat.completions.create({ model, messages, stream: true, ...include }, turn);
    for await (const _ of stream);
  }
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}
