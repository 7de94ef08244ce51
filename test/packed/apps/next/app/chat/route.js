import { meter, openai } from '../meter.js';

export async function POST(request) {
  const { userId } = await request.json();
  const turn = meter.track({ userId });
  const messages = [{ role: 'user', content: 'Hello' }];
  const stream = await openai.chat.completions.create({ model: 'gpt-5-mini', messages, stream: true }, turn.options);
  return new Response(stream.toReadableStream());
}
