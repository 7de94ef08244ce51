/* oxlint-disable import/no-unassigned-import -- style sheets have nothing to assign */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { MessageTokens, TokenMeter } from '@kilotoken/react-widget';
import es from '@kilotoken/react-widget/locales/es.json';
import '@kilotoken/react-widget/styles.css';

createRoot(document.querySelector('#app')).render(
  <StrictMode>
    <TokenMeter src="/usage.json" userKey="ada" locale="es" messages={es} />
    <MessageTokens input={1170} output={64} locale="es" messages={es} />
  </StrictMode>,
);
