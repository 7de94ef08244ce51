/* oxlint-disable import/no-unassigned-import -- style sheets have nothing to assign */
import '@kilotoken/react-widget/styles.css';
import './page.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { DemoPage } from './demo-page.tsx';

createRoot(document.querySelector('#app') as Element).render(
  <StrictMode>
    <DemoPage />
  </StrictMode>,
);
