import { useEffect, useRef } from 'react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import type { User } from '../api/auth-api.ts';
import { ConversationNav } from '../conversations/conversation-nav.tsx';
import type { ConversationNavProps } from '../conversations/conversation-nav.tsx';
import { LanguageSelect } from '../i18n/language-select.tsx';
import { AppLink } from '../layout/app-link.tsx';
import { Icon } from '../layout/icon.tsx';
import { Account } from './account.tsx';
import { ThemeSelect } from './theme-select.tsx';

export interface SidebarProps extends Omit<ConversationNavProps, 'onPick'> {
  readonly user: User;
  readonly signOut: () => Promise<void>;
  /** Where it lies over the page, on narrow screens. */
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function Sidebar({ user, signOut, isOpen, onClose, ...conversations }: SidebarProps): ReactElement {
  const { t } = useTranslation();
  const closeRef = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return undefined;
    closeRef.current?.focus();
    const close = (event: KeyboardEvent): void => {
      // What lies over the sidebar takes Escape for itself: the panel of the widget, a dialog.
      if (event.key === 'Escape' && !document.querySelector('[data-kt="panel"]:popover-open, dialog[open]')) onClose();
    };
    addEventListener('keydown', close);
    return () => removeEventListener('keydown', close);
  }, [isOpen, onClose]);
  return (
    <>
      <aside id="sidebar" className="sidebar" aria-label={t('sidebar.label')}>
        <div className="brand">
          <img src="/icon.svg" alt="" width="24" height="24" />
          <h2>{t('app.title')}</h2>
          <button ref={closeRef} type="button" className="icon narrow-only" onClick={onClose}>
            <Icon name="close" />
            <span className="hidden">{t('sidebar.close')}</span>
          </button>
        </div>
        <Account user={user} signOut={signOut} />
        <AppLink className="button primary" id={undefined} onPick={onClose}>
          {t('sidebar.newChat')}
        </AppLink>
        <ConversationNav {...conversations} onPick={onClose} />
        <div className="settings">
          <LanguageSelect />
          <ThemeSelect />
        </div>
      </aside>
      {isOpen && <div className="backdrop" onClick={onClose} aria-hidden="true" />}
    </>
  );
}
