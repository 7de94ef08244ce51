import { useEffect, useState } from 'react';
import type { ReactElement, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { problemOf } from '../api/api-error.ts';
import type { ProblemCode } from '../api/api-error.ts';
import { useOnline } from '../state/use-online.ts';
import { ChatNotices } from './chat-notices.tsx';
import { Composer } from './composer.tsx';
import type { Chat } from './create-chat.ts';
import { MessageList } from './message-list.tsx';
import { useChatState } from './use-chat-state.ts';

/** One conversation, or the beginning of one. */
export function ChatPage(props: {
  readonly chat: Chat | undefined;
  readonly title: string;
  readonly startChat: () => Promise<Chat>;
  readonly isInert: boolean;
  readonly children: ReactNode;
}): ReactElement {
  const { chat, title, startChat, isInert, children } = props;
  const { t } = useTranslation();
  const state = useChatState(chat);
  const isOnline = useOnline();
  // A message whose conversation could not even begin.
  const [failed, setFailed] = useState<{ readonly problem: ProblemCode; readonly unsent: string }>();
  const [isStarting, setStarting] = useState(false);
  const heading = chat ? title || t('sidebar.untitled') : t('chat.newTitle');
  useEffect(() => {
    document.title = `${heading} · ${t('app.title')}`;
  }, [heading, t]);

  const send = async (content: string): Promise<void> => {
    setFailed(undefined);
    setStarting(true);
    try {
      const target = chat ?? (await startChat());
      void target.send(content);
    } catch (error) {
      setFailed({ problem: problemOf(error), unsent: content });
    }
    setStarting(false);
  };
  const shown = chat ? state : { ...state, ...failed };
  const isMissing = shown.loadProblem === 'not_found' || shown.loadProblem === 'invalid_input';
  return (
    <main className="chat" inert={isInert}>
      <header>
        {children}
        <h1 dir="auto">{heading}</h1>
      </header>
      <ChatNotices state={shown} isOnline={isOnline} onRetry={() => void chat?.load()} />
      {shown.messages.length > 0 ? (
        <MessageList messages={shown.messages} isBusy={shown.isBusy} onAskAgain={(content) => void send(content)} />
      ) : (
        <p className="chat-empty muted">{!chat && t('chat.empty')}</p>
      )}
      {!isMissing && (
        <Composer
          unsent={shown.unsent}
          isBusy={shown.isBusy}
          isBlocked={!isOnline || isStarting || !shown.isLoaded}
          onSend={(content) => void send(content)}
          onStop={() => chat?.stop()}
        />
      )}
    </main>
  );
}
