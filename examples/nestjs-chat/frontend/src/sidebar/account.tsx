import { TokenMeter, useTokenUsage } from '@kilotoken/react-widget';
import { useMemo, useState } from 'react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { problemOf } from '../api/api-error.ts';
import type { ProblemCode } from '../api/api-error.ts';
import type { User } from '../api/auth-api.ts';
import { useLanguage } from '../i18n/use-language.ts';
import { sidebarCatalogs } from '../i18n/widget-texts.ts';

/** Who is signed in, and what this person has used. */
export function Account(props: { readonly user: User; readonly signOut: () => Promise<void> }): ReactElement {
  const { user, signOut } = props;
  const { t } = useTranslation();
  const language = useLanguage();
  const messages = useMemo(() => sidebarCatalogs(language), [language]);
  const { refresh } = useTokenUsage();
  const [problem, setProblem] = useState<ProblemCode>();
  const leave = (): void => void signOut().catch((error: unknown) => setProblem(problemOf(error)));
  return (
    <section className="account" aria-label={t('sidebar.account')}>
      <div className="account-line">
        <span className="email" title={user.email}>
          {user.email}
        </span>
        <button type="button" className="link" onClick={leave}>
          {t('sidebar.signOut')}
        </button>
      </div>
      <TokenMeter
        locale={language}
        messages={messages}
        // Replies bring the total along, but not the days and models of the panel.
        onOpenChange={(isOpen) => isOpen && void refresh()}
      />
      <p className="fault" role="alert">
        {problem && t(`problem.${problem}`)}
      </p>
    </section>
  );
}
