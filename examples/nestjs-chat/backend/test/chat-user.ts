import type { AuthUser } from '../src/auth/auth-user.ts';
import type { Done } from '../src/chat/sse-event.ts';
import type { ConversationView, MessageView } from '../src/chat/views.ts';
import { readEvents } from './read-events.ts';

/** Somebody with a browser: it keeps the cookie, and says where its requests come from. */
export interface ChatUser {
  /** The session token, for use as a bearer. */
  token(): string;
  get(path: string): Promise<Response>;
  post(path: string, body?: unknown, init?: RequestInit): Promise<Response>;
  send(method: string, path: string, body?: unknown, init?: RequestInit): Promise<Response>;
  profile(): Promise<AuthUser>;
  newConversation(): Promise<ConversationView>;
  conversation(id: string): Promise<ConversationView & { messages: MessageView[] }>;
  /** Says something and reads the reply to its end. */
  say(conversationId: string, content: string): Promise<SaidReply>;
}

/** A reply that was read to its end. */
export interface SaidReply {
  readonly response: Response;
  /** The parsed bodies, in order; `[DONE]` as text. */
  readonly events: readonly StreamEvent[];
  readonly text: string;
  readonly done: Done | undefined;
}

/** Any event of a reply. */
export interface StreamEvent {
  readonly choices?: readonly { delta: { content?: string } }[];
  readonly usage?: { total_tokens: number } | null;
  readonly kilotoken?: { rev?: number; total?: number; add: { total?: number; estimated?: number } };
  readonly error?: { code: string };
  readonly done?: Done;
}

/** A user without an account yet. */
export function chatUser(url: string): ChatUser {
  let cookie = '';
  const send: ChatUser['send'] = async (method, path, body, init = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      ...init,
      headers: {
        origin: url,
        ...(cookie === '' ? {} : { cookie }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(init.headers as Record<string, string> | undefined),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const [set] = response.headers.getSetCookie();
    if (set !== undefined) cookie = set.split(';')[0] ?? '';
    return response;
  };
  const json = async <Body>(response: Promise<Response>): Promise<Body> => (await (await response).json()) as Body;
  const user: ChatUser = {
    token: () => cookie.replace('session=', ''),
    send,
    get: (path) => send('GET', path),
    post: (path, body, init) => send('POST', path, body, init),
    profile: () => json(user.get('/api/auth/profile')),
    newConversation: () => json(user.post('/api/conversations', {})),
    conversation: (id) => json(user.get(`/api/conversations/${id}`)),
    async say(conversationId, content) {
      const response = await user.post(`/api/conversations/${conversationId}/messages`, { content });
      const events = readEvents(await response.text()) as StreamEvent[];
      return {
        response,
        events,
        text: events.map((event) => event.choices?.[0]?.delta.content ?? '').join(''),
        done: events.find((event) => event.done !== undefined)?.done,
      };
    },
  };
  return user;
}
