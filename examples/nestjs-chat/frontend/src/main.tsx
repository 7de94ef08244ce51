/* oxlint-disable import/no-unassigned-import -- style sheets have nothing to assign */
import '@kilotoken/react-widget/styles.css';
import './styles/base.css';
import './styles/layout.css';
import './styles/chat.css';
import './styles/sidebar.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { I18nextProvider } from 'react-i18next';
import { App } from './app.tsx';
import { AuthProvider } from './auth/auth-provider.tsx';
import { startI18n } from './i18n/start-i18n.ts';
import { applyTheme, savedTheme } from './state/theme.ts';

applyTheme(savedTheme());
const i18n = await startI18n();
createRoot(document.querySelector('#app')!).render(
  <StrictMode>
    <I18nextProvider i18n={i18n}>
      <AuthProvider>
        <App />
      </AuthProvider>
    </I18nextProvider>
  </StrictMode>,
);
