import { useTokenUsage } from '@kilotoken/react-widget';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from './icon.tsx';
import type { User } from '../api/auth-api.ts';
import { useLanguage } from '../i18n/use-language.ts';

/** Opens the sidebar where there is no room for it, and shows the running total in its place. */
export function MenuButton(props: {
  readonly user: User;
  readonly isOpen: boolean;
  readonly onOpen: () => void;
}): ReactElement {
  const { user, isOpen, onOpen } = props;
  const { t } = useTranslation();
  const { usage } = useTokenUsage();
  const count = usage?.total ?? user.totalTokensUsed;
  const amount = new Intl.NumberFormat(useLanguage()).format(count);
  return (
    <div className="narrow-only menu-bar">
      <button type="button" className="icon" aria-expanded={isOpen} aria-controls="sidebar" onClick={onOpen}>
        <Icon name="menu" />
        <span className="hidden">{t('sidebar.open')}</span>
      </button>
      <span className="muted">{t('sidebar.tokensUsed', { count, amount })}</span>
    </div>
  );
}
