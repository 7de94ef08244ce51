import { usageFrame, type Turn } from '@kilotoken/core';
import { cookies } from 'next/headers';
import { metering } from '../../../lib/metering';

export async function POST(request: Request): Promise<Response> {
  const userId = (await cookies()).get('guest')?.value;
  if (userId === undefined) return new Response('open the page first', { status: 401 });
  const form = await request.formData().catch(() => undefined);
  const content = form?.get('message');
  if (typeof content !== 'string' || content.trim() === '') return new Response('say something', { status: 400 });

  const { meter, openai } = await metering();
  const turn = meter.track({ userId, messageId: crypto.randomUUID() });
  const model = process.env.CHAT_MODEL ?? 'gpt-5-mini';
  // Whoever goes away stops the answer. What it used until then is counted.
  const stream = await openai.chat.completions
    .create({ model, messages: [{ role: 'user', content }], stream: true }, turn.with({ signal: request.signal }))
    .catch(() => undefined);
  if (stream === undefined) return new Response('the model did not answer', { status: 502 });

  const events = eventsOf(stream, turn);
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    async pull(controller) {
      const { done, value } = await events.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
  const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' };
  return new Response(body, { headers });
}

async function* eventsOf(stream: AsyncIterable<object>, turn: Turn): AsyncGenerator<string> {
  for await (const chunk of stream) yield `data: ${JSON.stringify(chunk)}\n\n`;
  yield `${usageFrame(await turn.usage())}data: [DONE]\n\n`;
}
