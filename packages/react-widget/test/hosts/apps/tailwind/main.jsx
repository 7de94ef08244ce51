/* oxlint-disable import/no-unassigned-import -- style sheets have nothing to assign */
import { createRoot } from 'react-dom/client';
import { TokenMeter } from '@kilotoken/react-widget';
import './main.css';
import { snapshot } from './snapshot.js';

createRoot(document.querySelector('#app')).render(
  <div className="w-64 bg-white p-2 text-slate-900">
    <TokenMeter usage={snapshot} className="rounded-xl border" />
  </div>,
);
