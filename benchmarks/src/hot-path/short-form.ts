// The hot path in short, for a test: prints what metering adds as a share of what it is added to, as one line of JSON.
// Both sides run in one process, in turns of a few milliseconds, so that a busy machine slows both alike.
import OpenAI from 'openai';
import { createMeter } from '@kilotoken/core';
import { sinkStore } from '../runner/sink-store.ts';
import { stubFetch } from './wire.ts';

/** A question: what `metered` costs over `bare`, as a share of `bare`. */
interface Question {
  readonly name: string;
  bare(): Promise<unknown>;
  metered(): Promise<unknown>;
}

const rounds = Number(process.argv[2] ?? 30);
const warmUps = 12;
const store = sinkStore();
const meter = createMeter({ store });
const chat = { model: 'gpt-5-mini', messages: [{ role: 'user' as const, content: 'Name three rivers' }] };
const asking = { stream_options: { include_usage: true } };

/** Without the SDK, which is most of the cost of an event: here a change of ours shows at once. */
function bodyQuestion(name: string, events: number, isAsked: boolean): Question {
  const request = { method: 'POST', body: JSON.stringify({ ...chat, stream: true, ...(isAsked ? asking : {}) }) };
  const read = async (fetch: typeof globalThis.fetch): Promise<void> => {
    const { body } = await fetch('https://api.example.com/v1/chat/completions', request);
    const reader = body?.getReader();
    while ((await reader?.read())?.done === false);
  };
  const base = stubFetch(events);
  const metered = meter.fetch(base);
  return { name, bare: () => read(base), metered: () => read(metered) };
}

function newClient(): OpenAI {
  return new OpenAI({ apiKey: 'test', maxRetries: 0, fetch: stubFetch(500) });
}

function clientQuestion(name: string, run: (client: OpenAI) => Promise<unknown>): Question {
  const [bare, metered] = [newClient(), meter.wrap(newClient())];
  return { name, bare: () => run(bare), metered: () => run(metered) };
}

const stream = (isAsked: boolean) => async (client: OpenAI) => {
  const events = await client.chat.completions.create({ ...chat, stream: true, ...(isAsked ? asking : {}) });
  for await (const event of events) void event;
};
const questions: readonly Question[] = [
  bodyQuestion('body, observed', 2000, true),
  bodyQuestion('body, hidden', 2000, false),
  bodyQuestion('body, observed, long', 12_000, true),
  bodyQuestion('body, hidden, long', 12_000, false),
  clientQuestion('client, observed', stream(true)),
  clientQuestion('client, hidden', stream(false)),
  clientQuestion('client, short calls', async (client) => {
    for (let at = 0; at < 80; at += 1) await client.chat.completions.create(chat);
  }),
];

const added: Record<string, number> = {};
for (const question of questions) added[question.name] = await addedBy(question);
await meter.close();
console.log(JSON.stringify(added));

/** The median over rounds of the share that is added. */
async function addedBy({ bare, metered }: Question): Promise<number> {
  const shares: number[] = [];
  for (let round = -warmUps; round < rounds; round += 1) {
    // Who goes first changes, so that neither always pays for what the other left to collect.
    const isBareFirst = round % 2 === 0;
    const first = await cpuOf(isBareFirst ? bare : metered);
    const second = await cpuOf(isBareFirst ? metered : bare);
    const [base, whole] = isBareFirst ? [first, second] : [second, first];
    if (round >= 0) shares.push(whole / base - 1);
  }
  return shares.toSorted((a, b) => a - b)[Math.floor(shares.length / 2)] ?? 0;
}

async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
