import type { UsageStore } from '@kilotoken/react-widget';
import { problemOf } from '../api/api-error.ts';
import type { ProblemCode } from '../api/api-error.ts';
import { conversationsApi } from '../api/conversations-api.ts';
import type { Message } from '../api/conversations-api.ts';
import { streamReply } from '../api/stream-reply.ts';
import { createState } from '../state/create-state.ts';
import type { State } from '../state/create-state.ts';

/** One conversation, as it is shown. */
export interface ChatState {
  readonly isLoaded: boolean;
  readonly messages: readonly Message[];
  /** A reply is coming in, or about to. */
  readonly isBusy: boolean;
  /** What became of the last message, where something went wrong. */
  readonly problem?: ProblemCode;
  /** Why the conversation could not be read. */
  readonly loadProblem?: ProblemCode;
  /** A message the server did not take, for another try. */
  readonly unsent?: string;
}

/** A conversation that goes on whether or not it is on screen. Made by {@link createChat}. */
export interface Chat extends Pick<State<ChatState>, 'get' | 'subscribe'> {
  /** Reads the conversation from the server, and again while a reply is being written there. Never rejects. */
  load(): Promise<void>;
  /** Sends a message and shows the reply as it comes. Never rejects. */
  send(content: string): Promise<void>;
  /** Ends the reply; what has arrived is kept. */
  stop(): void;
}

/** What a chat needs. */
export interface ChatOptions {
  readonly usage: Pick<UsageStore, 'apply' | 'refresh'>;
  /** Told when a message is taken: the conversation is on the list now, and has a title. */
  readonly onAccepted?: () => unknown;
  /** Told after every reply, however it ended: titles and totals may have changed. */
  readonly onConversationUpdate: () => unknown;
}

/** Pauses before the server is asked again whether a reply has ended, in milliseconds. */
const pollMs = [250, 500, 1000, 2000, 4000];

export function createChat(id: string, { usage, onAccepted, onConversationUpdate }: ChatOptions): Chat {
  const state = createState<ChatState>({ isLoaded: false, messages: [], isBusy: false });
  const { get, subscribe, set } = state;
  let controller: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** A reply ended out of sight, and the server has not yet said how. */
  let isOwed = false;
  /** Counts what changes the messages: only the answer to the newest question is news. */
  let lastOrder = 0;

  const read = async (round = 0): Promise<void> => {
    clearTimeout(timer);
    if (get().isBusy) return;
    const order = ++lastOrder;
    try {
      const { messages } = await conversationsApi.read(id);
      if (order !== lastOrder) return;
      const { loadProblem: _, ...rest } = get();
      set({ ...rest, isLoaded: true, messages });
      const last = messages.at(-1);
      // The end of a reply is stored a moment before its tokens, and some never get to know theirs.
      const isCounting = isOwed && last?.totalTokens === undefined && round < pollMs.length;
      if (last?.status === 'streaming' || isCounting) {
        isOwed = true;
        timer = setTimeout(() => void read(round + 1), pollMs[Math.min(round, pollMs.length - 1)]);
      } else if (isOwed) {
        isOwed = false;
        // No usage frame has come from it.
        await Promise.all([usage.refresh(), onConversationUpdate()]);
      }
    } catch (error) {
      if (order === lastOrder) set({ ...get(), loadProblem: problemOf(error) });
    }
  };

  const send = async (content: string): Promise<void> => {
    if (get().isBusy) return;
    clearTimeout(timer);
    controller = new AbortController();
    lastOrder += 1;
    const before = get().messages;
    let isAccepted = false;
    let problem: ProblemCode | undefined;
    let question = draft('user', content, 'complete');
    let reply = draft('assistant', '', 'streaming');
    const show = (isBusy = true): void =>
      set({ isLoaded: true, messages: [...before, question, reply], isBusy, ...(problem && { problem }) });
    show();
    try {
      const listener = {
        onAccepted(userMessageId: string, messageId: string) {
          isAccepted = true;
          question = { ...question, id: userMessageId };
          reply = { ...reply, id: messageId };
          show();
          onAccepted?.();
        },
        onText(text: string) {
          reply = { ...reply, content: reply.content + text };
          show();
        },
        onProblem(code: ProblemCode) {
          problem = code;
        },
        onDone(message: Message) {
          reply = message;
          show();
        },
      };
      await streamReply(id, content, usage, listener, controller.signal);
    } catch (error) {
      const isStopped = controller.signal.aborted;
      if (!isStopped) problem = problemOf(error);
      reply = { ...reply, status: isStopped ? 'stopped' : 'failed' };
    }
    show(false);
    if (isAccepted || problem === undefined || problem === 'provider_failed') {
      // Where the reply was cut short, the server knows best what is kept and what it used.
      isOwed = reply.status !== 'complete';
      if (isOwed) await read();
    } else set({ isLoaded: true, messages: before, isBusy: false, problem, unsent: content });
    await onConversationUpdate();
  };

  return { get, subscribe, load: () => read(), send, stop: () => controller?.abort() };
}

function draft(role: Message['role'], content: string, status: Message['status']): Message {
  return { id: `new-${role}`, role, content, status, createdAt: new Date().toISOString() };
}
