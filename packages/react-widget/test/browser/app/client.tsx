/* oxlint-disable import/no-unassigned-import -- style sheets have nothing to assign */
import { version } from 'react';
import { hydrateRoot } from 'react-dom/client';
import '../../../src/styles.css';
import { App } from './app.tsx';

hydrateRoot(document.querySelector('#app') as Element, <App />, {
  onRecoverableError: (error) => console.error(`recovered: ${String(error)}`),
});
Object.assign(document.documentElement.dataset, { hydrated: '', react: version });
