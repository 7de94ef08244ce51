import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { useAuth } from './auth/use-auth.ts';
import { SignInPage } from './auth/sign-in-page.tsx';
import { Workspace } from './layout/workspace.tsx';

export function App(): ReactElement {
  const { t } = useTranslation();
  const { user, problem, refreshUser } = useAuth();
  // Another user is another app: nothing of the one before may stay.
  if (user) return <Workspace key={user.id} user={user} />;
  if (user === null) return <SignInPage />;
  return (
    <main className="sign-in" aria-busy={problem === undefined}>
      <h1>{t('app.title')}</h1>
      {problem && (
        <div className="notice" role="alert">
          <p>{t(`problem.${problem}`)}</p>
          <button type="button" onClick={() => void refreshUser()}>
            {t('app.retry')}
          </button>
        </div>
      )}
    </main>
  );
}
