import { useId, useRef, useState } from 'react';
import type { FormEvent, ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { problemOf } from '../api/api-error.ts';
import { LanguageSelect } from '../i18n/language-select.tsx';
import { useAuth } from './use-auth.ts';
import { credentialFault } from './credential-fault.ts';
import type { CredentialFault } from './credential-fault.ts';

/** Signing in and signing up are one form. */
export function SignInPage(): ReactElement {
  const { t } = useTranslation();
  const { signIn, hasExpired } = useAuth();
  const [how, setHow] = useState<'login' | 'register'>('login');
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<CredentialFault>();
  const emailRef = useRef<HTMLInputElement>(null);
  const passwordRef = useRef<HTMLInputElement>(null);
  const id = useId();

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const credentials = { email: (data.get('email') as string).trim(), password: data.get('password') as string };
    const refuse = (found: CredentialFault): void => {
      setFault(found);
      (found === 'password_length' ? passwordRef : emailRef).current?.focus();
    };
    const found = credentialFault(credentials);
    if (found) return refuse(found);
    setFault(undefined);
    setBusy(true);
    await signIn(how, credentials).catch((error: unknown) => {
      setBusy(false);
      refuse(problemOf(error));
    });
  };
  const turn = (): void => {
    setFault(undefined);
    setHow(how === 'login' ? 'register' : 'login');
  };
  const describes = (isAbout: boolean) => isAbout && { 'aria-invalid': true, 'aria-describedby': `${id}-fault` };

  return (
    <main className="sign-in">
      <h1>{t('app.title')}</h1>
      <p className="muted">{t('app.tagline')}</p>
      {hasExpired && (
        <p className="notice" role="status">
          {t('signIn.expired')}
        </p>
      )}
      <form className="card" onSubmit={(event) => void submit(event)} noValidate aria-labelledby={`${id}-title`}>
        <h2 id={`${id}-title`}>{t(`signIn.${how}`)}</h2>
        <label htmlFor={`${id}-email`}>{t('signIn.email')}</label>
        <input
          id={`${id}-email`}
          ref={emailRef}
          name="email"
          type="email"
          autoComplete="username"
          maxLength={254}
          required
          {...describes(fault !== undefined && fault !== 'password_length')}
        />
        <label htmlFor={`${id}-password`}>{t('signIn.password')}</label>
        <input
          id={`${id}-password`}
          ref={passwordRef}
          name="password"
          type="password"
          autoComplete={how === 'login' ? 'current-password' : 'new-password'}
          maxLength={128}
          required
          {...describes(fault === 'password_length' || fault === 'wrong_credentials')}
        />
        <p id={`${id}-fault`} className="fault" role="alert">
          {fault && t(`problem.${fault}`)}
        </p>
        <button className="primary" type="submit" disabled={isBusy}>
          {t(`signIn.${how}`)}
        </button>
        <button className="link" type="button" onClick={turn}>
          {t(how === 'login' ? 'signIn.toRegister' : 'signIn.toLogin')}
        </button>
      </form>
      <LanguageSelect />
    </main>
  );
}
