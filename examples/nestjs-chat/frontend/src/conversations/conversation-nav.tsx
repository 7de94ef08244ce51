import { useState } from 'react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { problemOf } from '../api/api-error.ts';
import type { ProblemCode } from '../api/api-error.ts';
import type { Conversation } from '../api/conversations-api.ts';
import { AppLink } from '../layout/app-link.tsx';
import { Icon } from '../layout/icon.tsx';
import { RemoveDialog } from './remove-dialog.tsx';

export interface ConversationNavProps {
  readonly list: readonly Conversation[] | undefined;
  readonly problem: ProblemCode | undefined;
  readonly currentId: string | undefined;
  readonly onRetry: () => void;
  readonly onPick: () => void;
  readonly removeConversation: (id: string) => Promise<void>;
}

export function ConversationNav(props: ConversationNavProps): ReactElement {
  const { list, problem, currentId, onRetry, onPick, removeConversation } = props;
  const { t } = useTranslation();
  const [leaving, setLeaving] = useState<Conversation>();
  const [removeProblem, setRemoveProblem] = useState<ProblemCode>();
  const titleOf = ({ title }: Conversation): string => title || t('sidebar.untitled');
  const remove = ({ id }: Conversation): void => {
    setLeaving(undefined);
    setRemoveProblem(undefined);
    void removeConversation(id).catch((error: unknown) => setRemoveProblem(problemOf(error)));
  };
  return (
    <nav className="conversations" aria-label={t('sidebar.conversations')}>
      {problem && (
        <p className="notice" role="status">
          {t(`problem.${problem}`)}{' '}
          <button type="button" className="link" onClick={onRetry}>
            {t('app.retry')}
          </button>
        </p>
      )}
      <p className="fault" role="alert">
        {removeProblem && t(`problem.${removeProblem}`)}
      </p>
      {list?.length === 0 && <p className="muted">{t('sidebar.noConversations')}</p>}
      <ul>
        {list?.map((conversation) => (
          <li key={conversation.id}>
            <AppLink id={conversation.id} isCurrent={conversation.id === currentId} onPick={onPick}>
              <bdi>{titleOf(conversation)}</bdi>
            </AppLink>
            <button type="button" className="icon" onClick={() => setLeaving(conversation)}>
              <Icon name="remove" />
              <span className="hidden">{t('sidebar.remove', { title: titleOf(conversation) })}</span>
            </button>
          </li>
        ))}
      </ul>
      {leaving && (
        <RemoveDialog
          title={titleOf(leaving)}
          onCancel={() => setLeaving(undefined)}
          onConfirm={() => remove(leaving)}
        />
      )}
    </nav>
  );
}
