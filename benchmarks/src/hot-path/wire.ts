// What a provider sends, made once, so that a round measures the client and the meter alone.

const encoder = new TextEncoder();
const padding = 'x'.repeat(64);

/** One stream event of about 306 bytes, as OpenAI sends it; with `"usage":null` where usage was asked for. */
function eventOf(isAsked: boolean): Uint8Array<ArrayBuffer> {
  const chunk = {
    id: 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT',
    object: 'chat.completion.chunk',
    created: 1794000000,
    model: 'gpt-5-mini-2026-08-07',
    service_tier: 'default',
    system_fingerprint: null,
    choices: [{ index: 0, delta: { content: ' water' }, finish_reason: null }],
    ...(isAsked ? { usage: null } : {}),
    obfuscation: padding,
  };
  return encoder.encode(`data: ${JSON.stringify(chunk)}\n\n`);
}

const usage = {
  prompt_tokens: 1200,
  completion_tokens: 812,
  total_tokens: 2012,
  prompt_tokens_details: { cached_tokens: 1024 },
  completion_tokens_details: { reasoning_tokens: 128 },
};
const plainEvent = eventOf(false);
const askedEvent = eventOf(true);
const head = `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-5-mini-2026-08-07","service_tier":"default",`;
const finish = (isAsked: boolean): string =>
  `${head}"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]${isAsked ? ',"usage":null' : ''}}\n\n`;
const last = encoder.encode(`${finish(false)}data: [DONE]\n\n`);
const askedFinish = encoder.encode(finish(true));
const askedLast = encoder.encode(`${head}"choices":[],"usage":${JSON.stringify(usage)}}\n\ndata: [DONE]\n\n`);
const answer = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1794000000,
  model: 'gpt-5-mini-2026-08-07',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Still water.' }, finish_reason: 'stop' }],
  usage,
});

/** A `fetch` without a network: answers as the body asks, one event per read, none ahead of its reader. */
export function stubFetch(events: number): typeof fetch {
  return (_input, init) => {
    const body = init?.body as string;
    const isStream = body.includes('"stream":true');
    return Promise.resolve(isStream ? streamed(events, body.includes('"include_usage":true')) : plain());
  };
}

function plain(): Response {
  return new Response(answer, { headers: { 'content-type': 'application/json' } });
}

function streamed(events: number, isAsked: boolean): Response {
  const tail = isAsked ? [askedFinish, askedLast] : [last];
  const event = isAsked ? askedEvent : plainEvent;
  let sent = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        sent += 1;
        const end = tail[sent - events - 1];
        controller.enqueue(end ?? event);
        if (end !== undefined && end === tail.at(-1)) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}
