import { request, requestJson } from './request.ts';

/** A conversation without its messages. */
export interface Conversation {
  readonly id: string;
  /** Empty until the first message. */
  readonly title: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** One message. Only replies have tokens, and only where they are known. */
export interface Message {
  readonly id: string;
  readonly role: 'user' | 'assistant';
  readonly content: string;
  readonly status: 'complete' | 'streaming' | 'stopped' | 'failed';
  readonly createdAt: string;
  readonly promptTokens?: number;
  readonly completionTokens?: number;
  readonly totalTokens?: number;
}

export const conversationsApi = {
  list: (): Promise<readonly Conversation[]> => requestJson('/conversations'),
  create: (): Promise<Conversation> => requestJson('/conversations', { method: 'POST', body: {} }),
  read: (id: string): Promise<Conversation & { readonly messages: readonly Message[] }> =>
    requestJson(`/conversations/${encodeURIComponent(id)}`),
  remove: (id: string): Promise<Response> => request(`/conversations/${encodeURIComponent(id)}`, { method: 'DELETE' }),
};
