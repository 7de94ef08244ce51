import { problemOf } from '../api/api-error.ts';
import type { ProblemCode } from '../api/api-error.ts';
import { conversationsApi } from '../api/conversations-api.ts';
import type { Conversation } from '../api/conversations-api.ts';
import { createState } from '../state/create-state.ts';
import type { State } from '../state/create-state.ts';

/** What is known of the list. */
export interface KnownConversations {
  /** `undefined` until the server has said. */
  readonly list: readonly Conversation[] | undefined;
  /** Why it is missing, or old. */
  readonly problem?: ProblemCode;
}

/** The conversations in the sidebar. Made by {@link createConversationList}. */
export interface ConversationList extends Pick<State<KnownConversations>, 'get' | 'subscribe'> {
  /** Reads the list anew. Never rejects. */
  refresh(): Promise<void>;
}

export function createConversationList(): ConversationList {
  const { get, subscribe, set } = createState<KnownConversations>({ list: undefined });
  let lastOrder = 0;
  return {
    get,
    subscribe,
    async refresh() {
      const order = ++lastOrder;
      const found = await conversationsApi.list().catch(problemOf);
      if (order !== lastOrder) return;
      set(typeof found === 'string' ? { ...get(), problem: found } : { list: found });
    },
  };
}
