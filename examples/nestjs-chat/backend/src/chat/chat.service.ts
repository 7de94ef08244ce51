import { once } from 'node:events';
import { type Meter, type Turn, usageChunk, usageFrame } from '@kilotoken/core';
import { messageUsageFields, type MongoStore } from '@kilotoken/mongo-adapter';
import { InjectMeter, InjectOpenAI } from '@kilotoken/nestjs';
import { type BeforeApplicationShutdown, Inject, Injectable, Logger } from '@nestjs/common';
import type OpenAI from 'openai';
import type { AuthUser } from '../auth/auth-user.ts';
import { AuthService } from '../auth/auth.service.ts';
import { CodedException } from '../http/coded-exception.ts';
import { CHAT_CONFIG, type ChatConfig } from '../platform/chat-config.ts';
import type { ConversationDoc, MessageDoc, MessageStatus } from '../platform/documents.ts';
import { USAGE_STORE } from '../platform/usage-store.ts';
import { ConversationsService } from './conversations.service.ts';
import { doneChunk, errorChunk, sseEvent } from './sse-event.ts';
import { conversationView, idOf, maxReplyMs, messageView } from './views.ts';

/** So many messages go to the model. */
const rememberedMessages = 20;

/** How long `done` waits for the new totals to be stored. */
const storedTimeoutMs = 2000;

/** Of what a browser may see, everything: this app shows people what their replies cost. */
const expose = ['cost', 'models'] as const;

/** A reply that has begun. */
export interface Reply {
  readonly questionId: string;
  readonly messageId: string;
  /** Server-sent events. To be read to the end also where nobody listens any more: the end stores the reply. */
  readonly events: AsyncIterable<string>;
}

/** One reply under way: who asked for it, where it is kept, and what ends it early. */
interface ReplyUnderWay {
  readonly user: AuthUser;
  readonly conversation: ConversationDoc;
  readonly message: MessageDoc;
  readonly turn: Turn;
  /** The reader left, or the app is closing. */
  readonly stopped: AbortSignal;
  readonly signal: AbortSignal;
}

/** Asks the model, passes on what it says, and keeps what it said and used. */
@Injectable()
export class ChatService implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Chat');
  private readonly closing = new AbortController();
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly auth: AuthService,
    private readonly conversations: ConversationsService,
    @InjectMeter() private readonly meter: Meter,
    @InjectOpenAI() private readonly openai: OpenAI,
    @Inject(USAGE_STORE) private readonly store: MongoStore,
    @Inject(CHAT_CONFIG) private readonly config: ChatConfig,
  ) {}

  /** Replies under way are stopped and kept, before the server and the meter close. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closing.abort();
    await Promise.all(this.underWay);
  }

  /**
   * Stores the message and asks the model.
   *
   * @param left - Aborted when the reader goes away: the reply is kept as far as it has come.
   * @throws CodedException `not_found`; `provider_failed` where the provider refuses before its first word.
   */
  async reply(user: AuthUser, conversationId: string, content: string, left: AbortSignal): Promise<Reply> {
    if (this.closing.signal.aborted) throw new CodedException(503, 'unavailable', 'shutting down; try again');
    const found = await this.conversations.get(user, conversationId);
    const history = await this.conversations.history(found, rememberedMessages);
    const question = await this.conversations.add(found, { role: 'user', content, status: 'complete' });
    const conversation = await this.conversations.touch(found, content);
    // The reply is there before it is asked for: usage always finds its message, also after a crash.
    const message = await this.conversations.add(conversation, { role: 'assistant', content: '', status: 'streaming' });
    const messageId = idOf(message);

    const turn = this.meter.track({ userId: user.id, conversationId: idOf(conversation), messageId });
    const stopped = AbortSignal.any([left, this.closing.signal]);
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(maxReplyMs)]);
    const reply = { user, conversation, message, turn, stopped, signal };
    const done = this.stayOpen();
    try {
      const stream = await this.openai.chat.completions.create(
        { model: this.config.model, messages: prompt([...history, question]), stream: true },
        turn.with({ signal }),
      );
      return { questionId: idOf(question), messageId, events: this.events(reply, stream, done) };
    } catch (error) {
      await this.keep(reply, '', stopped.aborted ? 'stopped' : 'failed').finally(done);
      this.logFailure(error);
      throw new CodedException(502, 'provider_failed', 'the model did not answer');
    }
  }

  private async *events(
    reply: ReplyUnderWay,
    stream: AsyncIterable<OpenAI.ChatCompletionChunk>,
    done: () => void,
  ): AsyncGenerator<string> {
    let content = '';
    let status: MessageStatus = 'failed';
    try {
      for await (const chunk of stream) {
        // What the provider says of usage is sent once, at the end, and without the price it may have added.
        const { usage: _usage, ...rest } = chunk;
        const [choice] = chunk.choices;
        if (choice === undefined) continue;
        content += choice.delta.content ?? '';
        if (choice.finish_reason !== null) status = 'complete';
        yield sseEvent(rest);
      }
      // A stream that was aborted ends as if it were complete.
      if (status !== 'complete' && reply.stopped.aborted) status = 'stopped';
    } catch (error) {
      status = reply.stopped.aborted ? 'stopped' : 'failed';
      this.logFailure(error);
    }
    try {
      yield* await this.lastEvents(reply, content, status);
    } finally {
      done();
    }
  }

  /** Stores what was said, waits for the totals, and reports both. */
  private async lastEvents(reply: ReplyUnderWay, content: string, status: MessageStatus): Promise<string[]> {
    const { user, turn, message, conversation } = reply;
    await this.keep(reply, content, status);
    const usage = await turn.usage();
    const { stored, pending } = await turn.stored({ timeoutMs: storedTimeoutMs });
    // A record that the database refuses for good is neither.
    const isStored = pending === 0 && stored > 0;
    const [totals, total] = await Promise.all([
      this.auth.userById(user.id),
      isStored ? this.store.totals({ userId: user.id }) : undefined,
    ]);
    const { totalTokensUsed, totalPromptTokens, totalCompletionTokens } = totals ?? user;
    const options = { id: idOf(message), expose, ...(total === undefined ? {} : { total }) };
    const done = doneChunk(usageChunk(usage, options), {
      message: messageView({ ...message, content, status, ...messageUsageFields(usage) }),
      conversation: conversationView(conversation),
      totals: { totalTokensUsed, totalPromptTokens, totalCompletionTokens },
      stored: isStored,
    });
    return [
      usageFrame(usage, options),
      ...(status === 'failed' ? [sseEvent(errorChunk('the model broke off'))] : []),
      sseEvent(done),
      sseEvent('[DONE]'),
    ];
  }

  private async keep({ message }: ReplyUnderWay, content: string, status: MessageStatus): Promise<void> {
    await this.conversations.finish(message, { content, status });
  }

  /** Lets shutdown wait until the returned function is called. */
  private stayOpen(): () => void {
    const end = new AbortController();
    const ended = once(end.signal, 'abort').then(() => undefined);
    this.underWay.add(ended);
    return () => {
      this.underWay.delete(ended);
      end.abort();
    };
  }

  /** Only what kind of failure it was: messages of providers quote keys and prompts. */
  private logFailure(error: unknown): void {
    const { name, status, code } = error as { name?: string; status?: number; code?: unknown };
    // The code is the provider's as well: a word like `rate_limit_exceeded`, or anything.
    const word = typeof code === 'string' && /^[a-z_]{1,50}$/i.test(code) ? code : 'none';
    this.logger.warn(`the provider failed: ${name ?? 'error'}, status ${status ?? 'none'}, code ${word}`);
  }
}

function prompt(messages: readonly MessageDoc[]): OpenAI.ChatCompletionMessageParam[] {
  return messages.filter(({ content }) => content !== '').map(({ role, content }) => ({ role, content }));
}
