/** What the scripts want to know of a reply. */
export interface ApiReply {
  readonly text: string;
  /** Tokens by the usage frame; absent where the stream broke off before it. */
  readonly tokens?: number;
  /** Whether the stream came to its `[DONE]`. */
  readonly isDone: boolean;
  readonly totalTokensUsed?: number;
}

/** A user of the HTTP API with a bearer token. */
export interface ApiUser {
  readonly email: string;
  get<Body>(path: string): Promise<Body>;
  newConversation(): Promise<string>;
  /** Reads the reply as far as it comes; a broken connection is no error. */
  say(conversationId: string, content: string): Promise<ApiReply>;
}

/** Registers somebody and signs in. */
export async function registerUser(url: string, email: string): Promise<ApiUser> {
  const credentials = JSON.stringify({ email, password: 'correct horse battery' });
  const json = { 'content-type': 'application/json', origin: url };
  await accepted(fetch(`${url}/api/auth/register`, { method: 'POST', headers: json, body: credentials }));
  const answer = await accepted(fetch(`${url}/api/auth/token`, { method: 'POST', headers: json, body: credentials }));
  const { token } = (await answer.json()) as { token: string };
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return {
    email,
    async get<Body>(path: string) {
      return (await (await accepted(fetch(`${url}${path}`, { headers }))).json()) as Body;
    },
    async newConversation() {
      const created = await accepted(
        fetch(`${url}/api/conversations`, { method: 'POST', headers, body: JSON.stringify({ title: 'Load' }) }),
      );
      return ((await created.json()) as { id: string }).id;
    },
    async say(conversationId, content) {
      const path = `${url}/api/conversations/${conversationId}/messages`;
      const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify({ content }) });
      return readReply((await accepted(response)).body ?? new ReadableStream());
    },
  };
}

async function readReply(body: ReadableStream<Uint8Array>): Promise<ApiReply> {
  let wire = '';
  try {
    const decoder = new TextDecoder();
    for await (const part of body) wire += decoder.decode(part, { stream: true });
  } catch {
    // The backend is gone; what arrived counts.
  }
  let text = '';
  let reply: Omit<ApiReply, 'text'> = { isDone: false };
  for (const event of wire.split('\n\n').slice(0, -1)) {
    const data = event.slice('data: '.length);
    if (data === '[DONE]') reply = { ...reply, isDone: true };
    else {
      const chunk = JSON.parse(data) as WireEvent;
      text += chunk.choices?.[0]?.delta.content ?? '';
      if (chunk.kilotoken?.add.total !== undefined) reply = { ...reply, tokens: chunk.kilotoken.add.total };
      if (chunk.done !== undefined) reply = { ...reply, totalTokensUsed: chunk.done.totals.totalTokensUsed };
    }
  }
  return { text, ...reply };
}

interface WireEvent {
  readonly choices?: readonly { readonly delta: { readonly content?: string } }[];
  readonly kilotoken?: { readonly add: { readonly total?: number } };
  readonly done?: { readonly totals: { readonly totalTokensUsed: number } };
}

async function accepted(answer: Response | Promise<Response>): Promise<Response> {
  const response = await answer;
  if (!response.ok) throw new Error(`${response.status} from ${response.url}: ${await response.text()}`);
  return response;
}
