import { KilotokenProvider, createUsageStore } from '@kilotoken/react-widget';
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import type { ReactElement } from 'react';
import type { User } from '../api/auth-api.ts';
import { conversationsApi } from '../api/conversations-api.ts';
import { useAuth } from '../auth/use-auth.ts';
import { ChatPage } from '../chat/chat-page.tsx';
import type { Chat } from '../chat/create-chat.ts';
import { createChats } from '../chat/create-chats.ts';
import { createConversationList } from '../conversations/create-conversation-list.ts';
import { Sidebar } from '../sidebar/sidebar.tsx';
import { showConversation, useConversationId } from '../state/use-path.ts';
import { tellOtherTabs, useOtherTabs } from '../state/other-tabs.ts';
import { useWakeUp } from '../state/use-wake-up.ts';
import { MenuButton } from './menu-button.tsx';

/** Everything one sees when signed in. */
export function Workspace({ user }: { readonly user: User }): ReactElement {
  const { refreshUser, signOut } = useAuth();
  const [{ usage, conversations, chats, onConversationUpdate }] = useState(() => openWorkspace(user.id, refreshUser));
  const { list, problem } = useSyncExternalStore(conversations.subscribe, conversations.get);
  const [isMenuOpen, setMenuOpen] = useState(false);
  const id = useConversationId();
  const chat = id === undefined ? undefined : chats.of(id);
  useEffect(() => void conversations.refresh(), [conversations]);
  useEffect(() => void chat?.load(), [chat]);

  const readAll = (): void => {
    void conversations.refresh();
    void refreshUser();
    void chat?.load();
  };
  useOtherTabs(readAll);
  useWakeUp(readAll);

  /** A failure may mean that the session has ended. */
  const checked = async <Answer,>(answer: Promise<Answer>): Promise<Answer> =>
    answer.catch(async (error: unknown) => {
      await refreshUser();
      throw error;
    });
  const startChat = async (): Promise<Chat> => {
    const conversation = await checked(conversationsApi.create());
    showConversation(conversation.id);
    return chats.of(conversation.id);
  };
  const removeConversation = async (removed: string): Promise<void> => {
    await checked(conversationsApi.remove(removed));
    chats.of(removed).stop();
    if (removed === id) showConversation(undefined);
    await onConversationUpdate();
  };
  const leave = async (): Promise<void> => {
    await signOut();
    usage.reset();
    tellOtherTabs();
  };

  const title = list?.find((conversation) => conversation.id === id)?.title ?? '';
  const closeMenu = useCallback(() => setMenuOpen(false), []);
  return (
    <KilotokenProvider store={usage}>
      <div className="workspace" data-menu={isMenuOpen || undefined}>
        <Sidebar
          {...{ user, list, problem, removeConversation }}
          currentId={id}
          isOpen={isMenuOpen}
          onClose={closeMenu}
          onRetry={() => void conversations.refresh()}
          signOut={leave}
        />
        <ChatPage {...{ chat, title, startChat }} isInert={isMenuOpen}>
          <MenuButton user={user} isOpen={isMenuOpen} onOpen={() => setMenuOpen(true)} />
        </ChatPage>
      </div>
    </KilotokenProvider>
  );
}

/** What lives as long as somebody is signed in. */
function openWorkspace(userId: string, refreshUser: () => Promise<void>) {
  const conversations = createConversationList();
  const usage = createUsageStore({
    src: usageAddress(),
    userKey: userId,
    onUnauthorized: () => void refreshUser(),
  });
  // After a reply the list has a new order, and the user has new totals.
  const onConversationUpdate = async (): Promise<void> => {
    await Promise.all([conversations.refresh(), refreshUser()]);
    tellOtherTabs();
  };
  const chats = createChats({ usage, onAccepted: conversations.refresh, onConversationUpdate });
  return { usage, conversations, onConversationUpdate, chats };
}

/** Two weeks of days, cut where they end for this person. */
function usageAddress(): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return `/api/usage?${new URLSearchParams({ days: '14', timeZone }).toString()}`;
}
